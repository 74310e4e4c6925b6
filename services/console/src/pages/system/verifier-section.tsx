import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { Peer, VerifiedCounts, VerifiedZone } from '../../api/operations.ts'
import { usePages } from '../../api/use-pages.ts'
import { useResource } from '../../api/use-resource.ts'
import { Badge } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Facts } from '../../parts/facts.tsx'
import { TextField } from '../../parts/field.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { MoreButton } from '../../parts/more-button.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { useSettled } from '../../parts/use-settled.ts'
import { pathTo } from '../../routing/match.ts'
import { eventsPerSecond, roundText } from './verifier-speed.ts'

const EVERY_MS = 5_000
const PAGE = 50
const MOST_DIFFERING = 100

/** The background verifier: whether zones are what their histories add up to, how far it is, and how fast it goes. */
export function VerifierSection({ writers }: { readonly writers: readonly Peer[] }) {
  const [isOpen, setOpen] = useState(false)
  const differing = useResource(
    'differing zones',
    (signal) => call('GET /v1/verified-zones', { query: { differing: true, limit: MOST_DIFFERING }, signal }),
    EVERY_MS,
  )
  return (
    <Section title="Background verifier">
      <Loaded resource={differing}>
        {({ counts, zones }) => (
          <>
            <Standing counts={counts} />
            {zones.map((zone) => (
              <Differing key={zone.zone} zone={zone} />
            ))}
          </>
        )}
      </Loaded>
      <Speeds writers={writers} />
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Each zone</summary>
        {isOpen && <EachZone />}
      </details>
    </Section>
  )
}

function Standing({
  counts: { zones, upToDate, differing, leastRecent },
}: {
  readonly counts: VerifiedCounts
}) {
  return (
    <Facts
      facts={[
        ['Verified to their newest event', `${upToDate.toLocaleString()} of ${zones.toLocaleString()} zones`],
        [
          'Differ from their history',
          <Badge key="differ" tone={differing === 0 ? 'good' : 'bad'}>
            {differing.toLocaleString()}
          </Badge>,
        ],
        [
          'All looked at',
          leastRecent === undefined ? (
            zones === 0 ? (
              'no zones yet'
            ) : (
              'not all yet'
            )
          ) : (
            <Time at={leastRecent} ago />
          ),
        ],
      ]}
    />
  )
}

function Differing({ zone: { zone, differs, differsSince } }: { readonly zone: VerifiedZone }) {
  return (
    <div class="note problem">
      <p>
        <a href={pathTo('/zones/:zone', { zone })}>{zone}</a> differs from its history
        {differsSince !== undefined && (
          <>
            , found <Time at={differsSince} ago />
          </>
        )}
        : {differs}
      </p>
      <p>
        What to do: <code>zonelog verify {zone}</code> says more;{' '}
        <code>zonelog rebuild {zone} --replace</code> puts what is stored back to what the events say.
      </p>
    </div>
  )
}

const SPEEDS: readonly Column<Peer>[] = [
  { id: 'writer', title: 'Writer', cell: ({ id }) => id },
  {
    id: 'now',
    title: 'This round',
    cell: ({ writer }) =>
      writer === undefined
        ? 'not known'
        : writer.verifier.share === 0
          ? 'turned off'
          : `${writer.verifier.looked.toLocaleString()} of ${writer.verifier.zones.toLocaleString()} zones`,
  },
  { id: 'last', title: 'Last round', cell: ({ writer }) => roundText(writer?.verifier.last) },
  {
    id: 'speed',
    title: 'Events a second',
    number: true,
    cell: ({ writer }) => eventsPerSecond(writer?.verifier.last),
  },
  {
    id: 'share',
    title: 'Of its time',
    number: true,
    minor: true,
    cell: ({ writer }) => (writer === undefined ? '' : `${writer.verifier.share} %`),
  },
]

function Speeds({ writers }: { readonly writers: readonly Peer[] }) {
  // a token for some zones is not told: it is of all of them
  if (writers.every(({ writer }) => writer === undefined)) return null
  return <DataTable label="How fast it goes" columns={SPEEDS} rows={writers} rowKey={({ id }) => id} />
}

const ZONES: readonly Column<VerifiedZone>[] = [
  {
    id: 'zone',
    title: 'Zone',
    cell: ({ zone }) => <a href={pathTo('/zones/:zone', { zone })}>{zone}</a>,
  },
  {
    id: 'state',
    title: 'Found',
    cell: ({ differs, lookedAt }) =>
      differs !== undefined ? (
        <Badge tone="bad">differs</Badge>
      ) : lookedAt === undefined ? (
        <Badge>not looked at yet</Badge>
      ) : (
        <Badge tone="good">as it should be</Badge>
      ),
  },
  {
    id: 'verified',
    title: 'Verified to',
    number: true,
    cell: ({ verified, seq }) => `${verified.toLocaleString()} of ${seq.toLocaleString()}`,
  },
  {
    id: 'again',
    title: 'Old events again to',
    number: true,
    minor: true,
    cell: ({ again }) => again?.toLocaleString() ?? '',
  },
  {
    id: 'looked',
    title: 'Looked at',
    cell: ({ lookedAt }) => (lookedAt === undefined ? 'never' : <Time at={lookedAt} ago />),
  },
]

function EachZone() {
  const [search, setSearch] = useState('')
  const settled = useSettled(search).trim()
  const zones = usePages(
    `verified zones ${settled}`,
    async (after: string | undefined, signal) => {
      const query = {
        limit: PAGE,
        ...(settled === '' ? {} : { search: settled }),
        ...(after === undefined ? {} : { after }),
      }
      const { zones: rows, next } = await call('GET /v1/verified-zones', { query, signal })
      return { rows, next }
    },
    EVERY_MS,
  )
  return (
    <>
      <TextField
        label="Search zones"
        type="search"
        placeholder="part of a name"
        value={search}
        onInput={setSearch}
      />
      <Loaded resource={zones}>
        {(rows) =>
          rows.length === 0 ? (
            <p class="quiet">No zone {settled === '' ? 'yet' : `has “${settled}” in its name`}.</p>
          ) : (
            <>
              <DataTable label="Verified zones" columns={ZONES} rows={rows} rowKey={({ zone }) => zone} />
              <MoreButton of={zones} />
            </>
          )
        }
      </Loaded>
    </>
  )
}
