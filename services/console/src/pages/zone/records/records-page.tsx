import { useEffect, useMemo, useState } from 'preact/hooks'
import type { RRset } from '../../../api/operations.ts'
import { recordPage } from '../../../api/records.ts'
import { may } from '../../../api/roles.ts'
import { useResource } from '../../../api/use-resource.ts'
import { showZone } from '../../../api/zones.ts'
import { Button } from '../../../parts/button.tsx'
import { CursorPages } from '../../../parts/cursor-pages.ts'
import { EmptyState } from '../../../parts/empty-state.tsx'
import { SelectField, TextField } from '../../../parts/field.tsx'
import { VirtualGrid } from '../../../parts/virtual-grid.tsx'
import { query, setQuery } from '../../../routing/location.ts'
import { ZoneFileActions } from '../zone-file-actions.tsx'
import { ZoneFrame } from '../zone-frame.tsx'
import { DeleteRRsetDialog } from './delete-rrset-dialog.tsx'
import { RecordDialog } from './record-dialog.tsx'
import { type RecordRow, recordColumns, recordRows } from './record-rows.tsx'

/** The records of a zone, however many; filters live in the address bar. */
export function RecordsPage({ zone }: { readonly zone: string }) {
  const details = useResource(`zone ${zone}`, (signal) => showZone(zone, signal))
  const [round, setRound] = useState(0)
  const [editing, setEditing] = useState<{ rrset: RRset | undefined }>()
  const [deleting, setDeleting] = useState<RRset>()
  const [type, search] = [query.value.get('type') ?? '', query.value.get('name') ?? '']
  const pages = useMemo(
    () =>
      new CursorPages<RecordRow>(async (cursor, signal) => {
        const { rows, next } = await recordPage(zone, { type, search }, cursor, signal)
        return { rows: rows.flatMap(recordRows), next }
      }),
    [zone, type, search, round],
  )
  useEffect(() => () => pages.close(), [pages])
  const again = () => {
    setRound(round + 1)
    details.reload()
  }
  const mayEdit = may('operator')
  const actions = (
    <>
      {mayEdit && (
        <Button kind="primary" onClick={() => setEditing({ rrset: undefined })}>
          Add a record
        </Button>
      )}
      <ZoneFileActions zone={zone} onImported={again} />
    </>
  )
  return (
    <ZoneFrame zone={zone} actions={actions}>
      <div class="filters">
        <TextField
          label="Name"
          type="search"
          mono
          placeholder="part of a name"
          value={search}
          onInput={(value) => setQuery({ name: value })}
        />
        <SelectField
          label="Type"
          value={type}
          choices={[
            { value: '', label: 'all types' },
            ...Object.entries(details.value?.types ?? {}).map(([value, count]) => ({
              value,
              label: `${value} (${count.toLocaleString()})`,
            })),
          ]}
          onInput={(value) => setQuery({ type: value })}
        />
        {details.value && (
          <p class="hint">
            {details.value.records.toLocaleString()} records at serial {details.value.serial}
          </p>
        )}
      </div>
      <VirtualGrid
        label={`Records of ${zone}`}
        columns={recordColumns(zone, mayEdit, (rrset) => setEditing({ rrset }), setDeleting)}
        pages={pages}
        rowLabel={({ rrset, value }) => `${rrset.name} ${rrset.ttl} ${rrset.type} ${value}`}
        onOpen={mayEdit ? ({ rrset }: RecordRow) => rrset.type !== 'SOA' && setEditing({ rrset }) : undefined}
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
      {editing && (
        <RecordDialog
          zone={zone}
          original={editing.rrset}
          onSaved={again}
          onDelete={(rrset) => {
            setEditing(undefined)
            setDeleting(rrset)
          }}
          onClose={() => setEditing(undefined)}
        />
      )}
      {deleting && (
        <DeleteRRsetDialog
          zone={zone}
          rrset={deleting}
          onDeleted={again}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </ZoneFrame>
  )
}
