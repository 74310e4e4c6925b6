import type { MissingWriter, Peer } from '../../api/operations.ts'
import { Badge } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Section } from '../../parts/page.tsx'
import { Writers } from './writers.tsx'

const EDGES: readonly Column<Peer>[] = [
  { id: 'id', title: 'Edge', cell: ({ id }) => id },
  { id: 'lag', title: 'Lag', cell: ({ lag }) => <Lag lag={lag} /> },
  { id: 'listens', title: 'Listens', minor: true, cell: ({ listens }) => <code>{listens}</code> },
  { id: 'version', title: 'Version', minor: true, cell: ({ version }) => version ?? 'not known' },
]

/** Writers and edges that run now, and writers that are missed; undefined when nobody could be asked. */
export function Peers({
  writers,
  edges,
  missing,
}: {
  readonly writers: readonly Peer[] | undefined
  readonly edges: readonly Peer[] | undefined
  readonly missing: readonly MissingWriter[]
}) {
  if (writers === undefined || edges === undefined)
    return <p class="note problem">NATS does not answer, so nobody knows what runs: see whether it runs.</p>
  return (
    <>
      <Section title="Writers">
        <Writers writers={writers} missing={missing} />
      </Section>
      <Section title="Edges">
        {edges.length === 0 ? (
          <p>
            No edge runs: nobody answers queries. Start one with <code>bin/zonelog edge</code>.
          </p>
        ) : (
          <DataTable label="Edges" columns={EDGES} rows={edges} rowKey={({ id }) => id} />
        )}
      </Section>
    </>
  )
}

function Lag({ lag }: Pick<Peer, 'lag'>) {
  if (lag === undefined) return <Badge>not known</Badge>
  if (lag.events === 0) return <Badge tone="good">none</Badge>
  return (
    <Badge tone="warn">
      {lag.events.toLocaleString()} events, {lag.seconds.toFixed(1)} s
    </Badge>
  )
}
