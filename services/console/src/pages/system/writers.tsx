import type { MissingWriter, Peer } from '../../api/operations.ts'
import { Badge } from '../../parts/badge.tsx'
import { counted } from '../../parts/counted.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Time } from '../../parts/time.tsx'

interface WriterRow {
  readonly id: string
  readonly listens: string
  readonly version: string | undefined
  /** Undefined where it answers, and is of a version that says nothing of itself. */
  readonly state: Peer['writer'] | MissingWriter | undefined
}

const COLUMNS: readonly Column<WriterRow>[] = [
  { id: 'id', title: 'Writer', cell: ({ id }) => id },
  { id: 'state', title: 'State', cell: ({ state }) => <State of={state} /> },
  { id: 'partitions', title: 'Partitions', number: true, cell: ({ state }) => heldBy(state) },
  { id: 'breaker', title: 'Breaker to Postgres', cell: ({ state }) => <Breaker of={state} /> },
  {
    id: 'since',
    title: 'Started',
    minor: true,
    cell: ({ state }) => (state === undefined ? 'not known' : <Time at={state.startedAt} ago />),
  },
  { id: 'listens', title: 'Listens', minor: true, cell: ({ listens }) => <code>{listens}</code> },
  { id: 'version', title: 'Version', minor: true, cell: ({ version }) => version ?? 'not known' },
]

/** Those that answer, and those that were here and do not. */
export function Writers({
  writers,
  missing,
}: {
  readonly writers: readonly Peer[]
  readonly missing: readonly MissingWriter[]
}) {
  const rows: WriterRow[] = [
    ...missing.map((one) => ({ ...one, state: one })),
    ...writers.map(({ id, listens, version, writer }) => ({ id, listens, version, state: writer })),
  ]
  if (rows.length === 0)
    return (
      <p>
        No writer answers. Start one with <code>bin/zonelog writer</code>.
      </p>
    )
  return <DataTable label="Writers" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} />
}

function isMissing(state: WriterRow['state']): state is MissingWriter {
  return state !== undefined && 'seenAt' in state
}

function State({ of: state }: { readonly of: WriterRow['state'] }) {
  if (state === undefined) return <Badge tone="good">answers</Badge>
  if (isMissing(state))
    return (
      <>
        <Badge tone="bad">{state.state === 'gone' ? 'gone' : 'no answer over NATS'}</Badge> seen{' '}
        <Time at={state.seenAt} ago />
      </>
    )
  const { problems } = state
  if (problems.length === 0) return <Badge tone="good">ok</Badge>
  return (
    <>
      <Badge tone="bad">{counted(problems.length, 'problem')}</Badge>{' '}
      {problems.map(({ what }) => what).join('; ')}
    </>
  )
}

function Breaker({ of: state }: { readonly of: WriterRow['state'] }) {
  if (state === undefined || isMissing(state)) return <Badge>not known</Badge>
  return <Badge tone={state.breaker === 'closed' ? 'good' : 'bad'}>{state.breaker}</Badge>
}

function heldBy(state: WriterRow['state']): string {
  if (state === undefined) return 'not known'
  return isMissing(state) ? '–' : state.partitions.length.toLocaleString()
}
