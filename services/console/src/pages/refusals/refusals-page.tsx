import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { Refusal } from '../../api/operations.ts'
import { usePages } from '../../api/use-pages.ts'
import { OutcomeBadge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { EmptyState } from '../../parts/empty-state.tsx'
import { TextField } from '../../parts/field.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { MoreButton } from '../../parts/more-button.tsx'
import { Page } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { inViewersZone } from '../../parts/typed-time.ts'
import { query, setQuery } from '../../routing/location.ts'
import { pathTo } from '../../routing/match.ts'

const EVERY_MS = 5_000
const PAGE = 200
const FILTERS = ['zone', 'source', 'auditId', 'since'] as const

const COLUMNS: readonly Column<Refusal>[] = [
  { id: 'last', title: 'Last', cell: ({ lastAt }) => <Time at={lastAt} /> },
  {
    id: 'outcome',
    title: 'Answer',
    cell: ({ outcome, reason }) => <OutcomeBadge outcome={outcome ?? 'silence'} reason={reason} />,
  },
  {
    id: 'why',
    title: 'Why',
    cell: ({ reason, detail, remedy }) => (
      <>
        <code>{reason}</code> {detail} <strong>{remedy}</strong>
      </>
    ),
  },
  { id: 'source', title: 'From', cell: ({ source }) => source },
  { id: 'key', title: 'Claimed key', minor: true, cell: ({ claimedKey }) => claimedKey || 'none' },
  {
    id: 'zone',
    title: 'Zone',
    cell: ({ zone }) => zone && <a href={pathTo('/zones/:zone/rules', { zone })}>{zone}</a>,
  },
  { id: 'count', title: 'Times', number: true, cell: ({ count }) => count.toLocaleString() },
  { id: 'ref', title: 'Told as', minor: true, cell: ({ auditId }) => <code>{auditId}</code> },
]

/** What edges refused before it was a command: bad signatures, unknown keys and zones, nobody who may. */
export function RefusalsPage() {
  const asked = Object.fromEntries(
    FILTERS.flatMap((name) => {
      const value = query.value.get(name)
      return value ? [[name, value]] : []
    }),
  )
  const refusals = usePages(
    `refusals ${JSON.stringify(asked)}`,
    async (before: number | undefined, signal) => {
      const query = { limit: PAGE, ...asked, ...(before === undefined ? {} : { before }) }
      const { refusals: rows, next } = await call('GET /v1/refusals', { query, signal })
      return { rows, next }
    },
    EVERY_MS,
  )
  return (
    <Page title="Refusals">
      <p class="quiet">
        Messages that an edge refused before they reached a zone. What a zone refused stands in its history.
      </p>
      <Filters key={JSON.stringify(asked)} given={asked} />
      <Loaded resource={refusals}>
        {(found) =>
          found.length === 0 ? (
            <EmptyState title="Nothing was refused">
              <p>No edge has turned a message away that is like this.</p>
            </EmptyState>
          ) : (
            <>
              <DataTable label="Refusals" columns={COLUMNS} rows={found} rowKey={({ id }) => id} />
              <MoreButton of={refusals} />
            </>
          )
        }
      </Loaded>
    </Page>
  )
}

function Filters({ given }: { readonly given: Readonly<Record<string, string>> }) {
  const [typed, setTyped] = useState(given)
  const field = (name: (typeof FILTERS)[number]) => ({
    mono: true,
    value: typed[name] ?? '',
    onInput: (value: string) => setTyped({ ...typed, [name]: value }),
  })
  return (
    <form
      class="filters"
      aria-label="Filters"
      onSubmit={(event) => {
        event.preventDefault()
        const words = Object.fromEntries(FILTERS.map((name) => [name, typed[name]?.trim()]))
        setQuery({ ...words, since: words.since && inViewersZone(words.since) })
      }}
    >
      <TextField label="Zone" {...field('zone')} />
      <TextField label="Address" {...field('source')} />
      <TextField label="What the client was told" placeholder="3f9a1c2b7d" {...field('auditId')} />
      <TextField label="Since" placeholder="10m" {...field('since')} />
      <div class="actions">
        <Button type="submit">Filter</Button>
      </div>
    </form>
  )
}
