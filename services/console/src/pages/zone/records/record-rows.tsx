import type { RRset } from '../../../api/operations.ts'
import { Button } from '../../../parts/button.tsx'
import type { RowOrder } from '../../../parts/cursor-pages.ts'
import type { GridColumn } from '../../../parts/virtual-grid.tsx'
import { relativeName } from './record-names.ts'

/** One record, and the RRset that it is part of. */
export interface RecordRow {
  readonly rrset: RRset
  readonly value: string
  /** Place in the RRset. */
  readonly index: number
}

export function recordRows(rrset: RRset): RecordRow[] {
  return rrset.values.map((value, index) => ({ rrset, value, index }))
}

/** What tells rows of a zone apart; its own name sorts before all. */
export function recordOrder(zone: string): RowOrder<RecordRow> {
  return { keyOf: ({ rrset }) => recordKey(rrset.name, zone), idOf: recordId }
}

export function recordId({ rrset: { name, type }, index }: RecordRow): string {
  return `${name} ${type} ${index}`
}

export function recordKey(name: string, zone: string): string {
  const key = name.toLowerCase()
  return key === zone ? '' : key
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
      cell: ({ rrset, index }) => (
        <code class={index === 0 ? undefined : 'repeated'} title={rrset.name}>
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
    cell: ({ rrset, index }) => {
      const name = `${relativeName(rrset.name, zone)} ${rrset.type}`
      return (
        index === 0 && (
          <>
            <Button small aside label={`Edit ${name}`} onClick={() => edit(rrset)}>
              Edit
            </Button>{' '}
            {rrset.type !== 'SOA' && (
              <Button small aside label={`Delete ${name}`} onClick={() => remove(rrset)}>
                Delete
              </Button>
            )}
          </>
        )
      )
    },
  }
}
