import { useState } from 'preact/hooks'
import { linesOf } from '../../api/lines.ts'
import type { CreatedZone } from '../../api/operations.ts'
import { ApiError, type Problem } from '../../api/problem.ts'
import { may } from '../../api/roles.ts'
import { Button } from '../../parts/button.tsx'
import { counted } from '../../parts/counted.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/field.tsx'
import { Form, FormActions } from '../../parts/form.tsx'
import { startTask } from '../../parts/tasks.tsx'
import { toast } from '../../parts/toast.tsx'
import { pathTo } from '../../routing/match.ts'
import { formerName } from './deleted-zone.ts'

/** For those who may. `zone` is NAME@ID. */
export function BringBack({ zone }: { readonly zone: string }) {
  const [isOpen, setOpen] = useState(false)
  if (!may('admin')) return null
  return (
    <>
      <Button onClick={() => setOpen(true)}>Bring it back …</Button>
      {isOpen && <BringBackDialog zone={zone} onClose={() => setOpen(false)} />}
    </>
  )
}

/** Makes a new zone of what a deleted one held; goes on while people do something else. `zone` is NAME@ID. */
export function BringBackDialog({ zone, onClose }: { readonly zone: string; readonly onClose: () => void }) {
  const [into, setInto] = useState(formerName(zone))
  const submit = () => {
    void startTask(`Bringing back ${zone} as ${into.trim()}`, (report) =>
      bringBack(zone, into.trim(), report),
    )
    onClose()
  }
  return (
    <Dialog title={`Bring back ${zone}`} onClose={onClose}>
      <Form onSubmit={submit}>
        <p>
          A new zone is made of what its history adds up to: the records that it held when it was deleted. The
          history stays as it is. Rules, settings and secondaries are no history: the new zone has the
          defaults, and nobody may update it until you allow it.
        </p>
        <TextField
          label="Name of the new zone"
          mono
          required
          value={into}
          onInput={setInto}
          hint="The same, or another for a copy to look at; records move below it."
        />
        <FormActions action="Bring back" busy={false} disabled={into.trim() === ''} onCancel={onClose} />
      </Form>
    </Dialog>
  )
}

async function bringBack(
  zone: string,
  into: string,
  report: (share: number | undefined) => void,
): Promise<string> {
  let made: CreatedZone | undefined
  for await (const line of linesOf('POST /v1/zones/{name}/rebuild', {
    path: { name: zone },
    body: { into },
  })) {
    if ('problem' in line) throw new ApiError(line.problem as Problem)
    if ('of' in line) report(line.of === 0 ? undefined : line.seq / line.of)
    else if ('warnings' in line) made = line
  }
  if (made === undefined)
    throw new Error('The answer ended before the zone was made: see whether it is there, else try again.')
  const { name, records, serial, warnings } = made
  toast(`${name} is back`, { href: pathTo('/zones/:zone', { zone: name }), label: 'Look at it' })
  return [`${name} is back: ${counted(records, 'record')}, serial ${serial}.`, ...warnings].join(' ')
}
