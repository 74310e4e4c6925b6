import type { PartitionState } from '../../api/operations.ts'
import { Badge } from '../../parts/badge.tsx'
import { counted } from '../../parts/counted.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'

const COLUMNS: readonly Column<PartitionState>[] = [
  { id: 'partition', title: 'Partition', cell: ({ partition }) => partition },
  { id: 'writer', title: 'Writer', cell: (state) => <Holder of={state} /> },
  {
    id: 'since',
    title: 'Since',
    cell: ({ since }) => (since === undefined ? '' : <Time at={since} ago />),
  },
  {
    id: 'waiting',
    title: 'Waiting',
    number: true,
    cell: ({ waiting }) => (waiting === undefined ? 'not known' : waiting.toLocaleString()),
  },
]

/** Who works for which zones, and what waits for it. A zone's id modulo their number is its partition. */
export function PartitionsSection({ partitions }: { readonly partitions: readonly PartitionState[] }) {
  const free = partitions.filter(({ isHeld }) => !isHeld).length
  // how many is not known without NATS, nor told to a token for some zones
  const known = partitions.flatMap(({ waiting }) => waiting ?? [])
  const waiting = known.reduce((sum, count) => sum + count, 0)
  return (
    <Section title="Partitions">
      {free > 0 ? (
        <p class="note problem">
          Nobody works for {counted(free, 'partition')}: updates of their zones wait. What to do: start a
          writer, or see in the log of those that run why they do not take them.
        </p>
      ) : (
        <p>
          All {partitions.length.toLocaleString()} are worked for
          {known.length > 0 &&
            (waiting === 0 ? '; no update waits' : `; ${counted(waiting, 'update')} not settled yet`)}
          .
        </p>
      )}
      <details>
        <summary>Each partition</summary>
        <DataTable
          label="Partitions"
          columns={COLUMNS}
          rows={partitions}
          rowKey={({ partition }) => partition}
        />
      </details>
    </Section>
  )
}

function Holder({ of: { isHeld, writer } }: { readonly of: PartitionState }) {
  if (!isHeld) return <Badge tone="bad">nobody</Badge>
  return writer === undefined ? <Badge>not said which</Badge> : writer
}
