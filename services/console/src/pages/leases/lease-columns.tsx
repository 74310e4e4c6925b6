import type { Lease } from '../../api/operations.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import type { Column } from '../../parts/data-table.tsx'
import { Time } from '../../parts/time.tsx'
import { pathTo } from '../../routing/match.ts'
import { Identity } from '../history/identity.tsx'
import { durationText } from '../zone/lease-text.ts'
import { relativeTo } from './owner-name.ts'

/** Without `change` nothing is offered. */
export function leaseColumns(
  zone: string,
  change: ((lease: Lease) => void) | undefined,
): readonly Column<Lease>[] {
  return [
    { id: 'name', title: 'Name', cell: ({ name }) => <code title={name}>{relativeTo(zone, name)}</code> },
    { id: 'ends', title: 'Goes', cell: (lease) => <Ends of={lease} /> },
    {
      id: 'value',
      title: 'Value',
      cell: ({ type, value }) => (
        <code class="anywhere">
          {type} {value}
        </code>
      ),
    },
    { id: 'lease', title: 'Lease', minor: true, cell: ({ seconds }) => durationText(seconds) },
    {
      id: 'seq',
      title: 'Granted by',
      minor: true,
      cell: ({ seq }) => (
        <a href={pathTo('/zones/:zone/history/:seq', { zone, seq: String(seq) })}>event #{seq}</a>
      ),
    },
    ...(change === undefined ? [] : [actionColumn(change)]),
  ]
}

function Ends({ of: { endsAt, heldBy } }: { readonly of: Lease }) {
  if (heldBy === undefined) return <Time at={endsAt} ago />
  return (
    <>
      <Badge tone="info">held</Badge> by <Identity by={heldBy} />
    </>
  )
}

function actionColumn(change: (lease: Lease) => void): Column<Lease> {
  return {
    id: 'change',
    title: 'Keep it',
    cell: (lease) => {
      const action = lease.heldBy === undefined ? 'Hold' : 'Release'
      return (
        <Button small label={`${action} ${lease.name} ${lease.type}`} onClick={() => change(lease)}>
          {action}
        </Button>
      )
    },
  }
}
