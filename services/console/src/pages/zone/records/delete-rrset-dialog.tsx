import type { RRset } from '../../../api/operations.ts'
import { ApiError } from '../../../api/problem.ts'
import { changeRecords } from '../../../api/records.ts'
import { ConfirmDialog } from '../../../parts/confirm-dialog.tsx'
import { toast } from '../../../parts/toast.tsx'
import { ChangePreview } from './change-preview.tsx'
import { relativeName } from './record-names.ts'
import { saveRRset } from './save-rrset.ts'
import { useCheck } from './use-check.ts'

export function DeleteRRsetDialog({
  zone,
  rrset,
  onDeleted,
  onClose,
}: {
  readonly zone: string
  readonly rrset: RRset
  readonly onDeleted: () => void
  readonly onClose: () => void
}) {
  const title = `${relativeName(rrset.name, zone)} ${rrset.type}`
  const check = useCheck('delete', (signal) =>
    changeRecords(zone, { name: rrset.name, type: rrset.type, after: undefined }, { dryRun: true, signal }),
  )
  const act = async () => {
    const saved = await saveRRset(zone, rrset, undefined)
    if (saved.kind === 'conflict') {
      const detail = 'Somebody changed it since you looked: close this and look again. Nothing was deleted.'
      throw new ApiError({ status: 409, code: 'serial-changed', detail })
    }
    toast(`Deleted ${title}: the zone is at serial ${saved.serial}.`)
    onDeleted()
    onClose()
  }
  return (
    <ConfirmDialog title={`Delete ${title}?`} action="Delete" act={act} onClose={onClose}>
      <p>The history keeps it, and undoing that event brings it back.</p>
      {check.problem && <p class="error">{check.problem.detail}</p>}
      <ChangePreview check={check} />
    </ConfirmDialog>
  )
}
