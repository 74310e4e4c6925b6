import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'
import { TextField } from '../../parts/field.tsx'
import { toast } from '../../parts/toast.tsx'
import { navigate } from '../../routing/location.ts'
import { pathTo } from '../../routing/match.ts'

/** The name has to be typed: a zone is much to lose by a slip. */
export function DeleteZoneDialog({ zone, onClose }: { readonly zone: string; readonly onClose: () => void }) {
  const [typed, setTyped] = useState('')
  const same = typed.trim().toLowerCase().replace(/\.?$/, '.') === zone
  const act = async () => {
    const { id } = await call('DELETE /v1/zones/{name}', { path: { name: zone } })
    const kept = `${zone.replace(/\.$/, '')}@${id}`
    toast(`Deleted ${zone} Its history is kept as ${kept}.`, {
      href: pathTo('/zones/:zone/history', { zone: kept }),
      label: 'Look at it',
    })
    navigate('/zones')
  }
  return (
    <ConfirmDialog
      title={`Delete ${zone}?`}
      action="Delete the zone"
      act={act}
      onClose={onClose}
      ready={same}
    >
      <p>
        Edges stop serving it at once, and secondaries let it expire. Its history is kept: it then stands
        among the <a href="/deleted-zones">deleted zones</a>, and can be brought back from there.
      </p>
      <TextField label={`Type ${zone} to be sure`} mono value={typed} onInput={setTyped} />
    </ConfirmDialog>
  )
}
