import { call } from '../../api/client.ts'
import type { ZoneSecondaries } from '../../api/operations.ts'
import { useResource } from '../../api/use-resource.ts'
import { Badge } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { EmptyState } from '../../parts/empty-state.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { pathTo } from '../../routing/match.ts'
import { ZoneFrame } from './zone-frame.tsx'

type Secondary = ZoneSecondaries['secondaries'][number]
type Other = ZoneSecondaries['others'][number]

const EVERY_MS = 5_000

/** Servers that follow a zone, and how far they are. */
export function SecondariesPage({ zone }: { readonly zone: string }) {
  const secondaries = useResource(
    `secondaries ${zone}`,
    (signal) => call('GET /v1/zones/{name}/secondaries', { path: { name: zone }, signal }),
    EVERY_MS,
  )
  return (
    <ZoneFrame zone={zone}>
      <Loaded resource={secondaries}>
        {({ serial, secondaries, others }) => (
          <>
            <p>
              The zone stands at serial <strong>{serial}</strong>.
            </p>
            {secondaries.length === 0 && others.length === 0 && <NoSecondaries zone={zone} />}
            {secondaries.length > 0 && (
              <Section title="Notified">
                <DataTable
                  label="Secondaries that are notified"
                  columns={notified(serial)}
                  rows={secondaries}
                  rowKey={({ target }) => target}
                />
              </Section>
            )}
            {others.length > 0 && (
              <Section title="Others that transferred it">
                <DataTable
                  label="Other clients of transfers"
                  columns={seen(serial)}
                  rows={others}
                  rowKey={({ address }) => address}
                />
              </Section>
            )}
          </>
        )}
      </Loaded>
    </ZoneFrame>
  )
}

function notified(newest: number): readonly Column<Secondary>[] {
  return [
    {
      id: 'target',
      title: 'Server',
      cell: ({ target, address }) => (address && address !== target ? `${target} (${address})` : target),
    },
    { id: 'serial', title: 'Has serial', number: true, cell: ({ serial }) => serial ?? 'not known' },
    { id: 'state', title: 'State', cell: (secondary) => <State secondary={secondary} newest={newest} /> },
    {
      id: 'acknowledged',
      title: 'Acknowledged',
      cell: ({ acknowledged, acknowledgedAt }) =>
        acknowledged === undefined ? (
          'nothing yet'
        ) : (
          <>
            {acknowledged}, {acknowledgedAt !== undefined && <Time at={acknowledgedAt} ago />}
          </>
        ),
    },
  ]
}

function State({
  secondary: { serial, behindSince, failures, failure },
  newest,
}: {
  readonly secondary: Secondary
  readonly newest: number
}) {
  if (failures > 0)
    return (
      <>
        <Badge tone="bad">no answer</Badge> {failures} times in a row{failure && `: ${failure}`}
      </>
    )
  if (serial === newest) return <Badge tone="good">current</Badge>
  if (behindSince === undefined) return <Badge>not heard of yet</Badge>
  return (
    <>
      <Badge tone="warn">behind</Badge> <Time at={behindSince} ago />
    </>
  )
}

function seen(newest: number): readonly Column<Other>[] {
  return [
    { id: 'address', title: 'Address', cell: ({ address }) => address },
    {
      id: 'serial',
      title: 'Serial',
      number: true,
      cell: ({ serial }) => (
        <>
          {serial} {serial === newest ? <Badge tone="good">current</Badge> : <Badge tone="warn">older</Badge>}
        </>
      ),
    },
    { id: 'at', title: 'Seen', cell: ({ at }) => <Time at={at} ago /> },
  ]
}

function NoSecondaries({ zone }: { readonly zone: string }) {
  return (
    <EmptyState title="No secondaries">
      <p>
        A secondary is a server such as BIND, Knot or NSD that keeps a copy of the zone. Name it under{' '}
        <a href={pathTo('/zones/:zone/settings', { zone })}>Settings</a>: who may transfer the zone, and whom
        to notify.
      </p>
    </EmptyState>
  )
}
