import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { Lease } from '../../api/operations.ts'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'
import { counted } from '../../parts/counted.ts'
import { CheckField } from '../../parts/field.tsx'
import { toast } from '../../parts/toast.tsx'
import { pathTo } from '../../routing/match.ts'
import { durationText } from '../zone/lease-text.ts'

/** Keeps the leased values of a name, or lets them go again; an event says so. */
export function HoldDialog({
  zone,
  lease: { name, type, seconds, heldBy },
  onDone,
  onClose,
}: {
  readonly zone: string
  readonly lease: Lease
  readonly onDone: () => void
  readonly onClose: () => void
}) {
  const [allTypes, setAllTypes] = useState(false)
  const isHold = heldBy === undefined
  const what = allTypes ? name : `${name} ${type}`
  const act = async () => {
    const asked = { path: { name: zone }, body: { name, ...(allTypes ? {} : { type }) } }
    const { values, seq } = isHold
      ? await call('POST /v1/zones/{name}/leases/hold', asked)
      : await call('POST /v1/zones/{name}/leases/release', asked)
    const said = `${isHold ? 'Held' : 'Released'} ${counted(values, 'value')} of ${what}`
    if (seq === undefined) toast(said)
    else {
      const href = pathTo('/zones/:zone/history/:seq', { zone, seq: String(seq) })
      toast(said, { href, label: `Event #${seq}` })
    }
    onDone()
    onClose()
  }
  return (
    <ConfirmDialog
      title={isHold ? `Hold ${what}?` : `Release ${what}?`}
      action={isHold ? 'Hold' : 'Release'}
      act={act}
      onClose={onClose}
    >
      <p>
        {isHold
          ? 'All its leased values stay from now on, whether they are refreshed or not, until somebody releases them or they are deleted.'
          : `Each of its values has a whole lease to be refreshed in, ${durationText(seconds)} for this one, and goes when nobody does.`}{' '}
        The history says who did that; the zone’s contents and serial stay.
      </p>
      <CheckField label={`All types of ${name}`} checked={allTypes} onInput={setAllTypes} />
    </ConfirmDialog>
  )
}
