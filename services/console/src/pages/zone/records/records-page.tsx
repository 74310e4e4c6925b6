import { useState } from 'preact/hooks'
import type { RRset } from '../../../api/operations.ts'
import { may } from '../../../api/roles.ts'
import { Button } from '../../../parts/button.tsx'
import { EmptyState } from '../../../parts/empty-state.tsx'
import { useSettled } from '../../../parts/use-settled.ts'
import { VirtualGrid } from '../../../parts/virtual-grid.tsx'
import { query, setQuery } from '../../../routing/location.ts'
import { ZoneFileActions } from '../zone-file-actions.tsx'
import { ZoneFrame } from '../zone-frame.tsx'
import { DeleteRRsetDialog } from './delete-rrset-dialog.tsx'
import { RecordDialog } from './record-dialog.tsx'
import { RecordFilters } from './record-filters.tsx'
import { type RecordRow, recordColumns, recordId } from './record-rows.tsx'
import { SoaDialog } from './soa-dialog.tsx'
import { useRecords } from './use-records.ts'

/** What is done with an RRset; undefined is a new one. */
type Task =
  | { readonly kind: 'edit'; readonly rrset: RRset | undefined }
  | { readonly kind: 'delete'; readonly rrset: RRset }

/** The records of a zone, however many; filters live in the address bar. */
export function RecordsPage({ zone }: { readonly zone: string }) {
  const [task, setTask] = useState<Task>()
  const type = query.value.get('type') ?? ''
  const search = useSettled(query.value.get('name') ?? '').trim()
  const { pages, details, serial, changed } = useRecords(zone, { type, search })
  const mayEdit = may('operator')
  const edit = (rrset: RRset | undefined) => setTask({ kind: 'edit', rrset })
  const remove = (rrset: RRset) => setTask({ kind: 'delete', rrset })
  const actions = (
    <>
      {mayEdit && (
        <Button kind="primary" onClick={() => edit(undefined)}>
          Add a record
        </Button>
      )}
      <ZoneFileActions zone={zone} onImported={() => changed(undefined)} />
    </>
  )
  return (
    <ZoneFrame zone={zone} actions={actions}>
      <RecordFilters zone={zone} types={details?.types ?? {}} onGo={(destination) => pages.goTo(destination)}>
        {details && (
          <p class="hint">
            {details.records.toLocaleString()} records at serial {serial ?? details.serial}
          </p>
        )}
      </RecordFilters>
      <VirtualGrid
        // another list begins at its top
        key={`${zone} ${type} ${search}`}
        label={`Records of ${zone}`}
        columns={recordColumns(zone, mayEdit, edit, remove)}
        pages={pages}
        rowId={recordId}
        rowLabel={({ rrset, value }) => `${rrset.name} ${rrset.ttl} ${rrset.type} ${value}`}
        onOpen={mayEdit ? ({ rrset }: RecordRow) => edit(rrset) : undefined}
        empty={
          <EmptyState title="No record found">
            <p>
              No record of this zone matches.{' '}
              <Button small onClick={() => setQuery({ name: undefined, type: undefined })}>
                Show all
              </Button>
            </p>
          </EmptyState>
        }
      />
      <TaskDialog
        zone={zone}
        task={task}
        onChanged={(name) => changed([name])}
        onDelete={remove}
        onClose={() => setTask(undefined)}
      />
    </ZoneFrame>
  )
}

function TaskDialog({
  zone,
  task,
  onChanged,
  onDelete,
  onClose,
}: {
  readonly zone: string
  readonly task: Task | undefined
  readonly onChanged: (name: string) => void
  readonly onDelete: (rrset: RRset) => void
  readonly onClose: () => void
}) {
  if (task === undefined) return null
  const { kind, rrset } = task
  if (kind === 'delete')
    return (
      <DeleteRRsetDialog
        zone={zone}
        rrset={rrset}
        onDeleted={() => onChanged(rrset.name)}
        onClose={onClose}
      />
    )
  if (rrset?.type === 'SOA')
    return <SoaDialog zone={zone} original={rrset} onSaved={() => onChanged(rrset.name)} onClose={onClose} />
  return (
    <RecordDialog zone={zone} original={rrset} onSaved={onChanged} onDelete={onDelete} onClose={onClose} />
  )
}
