import type { RRset } from '../../../api/operations.ts'
import { Button } from '../../../parts/button.tsx'
import type { GridColumn } from '../../../parts/virtual-grid.tsx'
import { relativeName } from './record-names.ts'

/** One record, and the RRset that it is part of. */
export interface RecordRow {
  readonly rrset: RRset
  readonly value: string
  readonly isFirst: boolean
}

export function recordRows(rrset: RRset): RecordRow[] {
  return rrset.values.map((value, index) => ({ rrset, value, isFirst: index === 0 }))
}

export function recordColumns(
  zone: string,
  mayEdit: boolean,
  edit: (rrset: RRset) => void,
  remove: (rrset: RRset) => void,
): readonly GridColumn<RecordRow>[] {
  return [
    {
      id: 'name',
      title: 'Name',
      width: 'minmax(8rem, 3fr)',
      cell: ({ rrset, isFirst }) => (
        <code class={isFirst ? undefined : 'repeated'} title={rrset.name}>
          {relativeName(rrset.name, zone)}
        </code>
      ),
    },
    { id: 'type', title: 'Type', width: '5.5rem', cell: ({ rrset }) => <code>{rrset.type}</code> },
    { id: 'ttl', title: 'TTL', width: '4.5rem', cell: ({ rrset }) => rrset.ttl },
    {
      id: 'value',
      title: 'Value',
      width: 'minmax(10rem, 6fr)',
      cell: ({ value }) => <code title={value}>{value}</code>,
    },
    ...(mayEdit ? [actions(zone, edit, remove)] : []),
  ]
}

/** For whoever points; the keyboard has Enter, and the window of a record offers to delete it. */
function actions(
  zone: string,
  edit: (rrset: RRset) => void,
  remove: (rrset: RRset) => void,
): GridColumn<RecordRow> {
  return {
    id: 'actions',
    title: 'Change',
    width: '9rem',
    cell: ({ rrset, isFirst }) => {
      const name = `${relativeName(rrset.name, zone)} ${rrset.type}`
      return (
        isFirst &&
        rrset.type !== 'SOA' && (
          <>
            <Button small label={`Edit ${name}`} onClick={() => edit(rrset)}>
              Edit
            </Button>{' '}
            <Button small label={`Delete ${name}`} onClick={() => remove(rrset)}>
              Delete
            </Button>
          </>
        )
      )
    },
  }
}
