import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { CreatedToken } from '../../api/operations.ts'
import { Code } from '../../parts/code.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { Form, FormActions, useSubmit } from '../../parts/form.tsx'
import { ShownOnce } from '../../parts/shown-once.tsx'

const ROLES = [
  { value: 'viewer', label: 'viewer: looks at everything' },
  { value: 'operator', label: 'operator: also changes zones and keys' },
  { value: 'admin', label: 'admin: everything, limits and tokens too' },
] as const

/** As the API takes it; it stands in histories and audits. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

export function CreateTokenDialog({
  onCreated,
  onClose,
}: {
  readonly onCreated: () => void
  readonly onClose: () => void
}) {
  const [name, setName] = useState('')
  const [role, setRole] = useState<(typeof ROLES)[number]['value']>('viewer')
  const [zones, setZones] = useState('')
  const [until, setUntil] = useState('')
  const [created, setCreated] = useState<CreatedToken>()
  const isName = NAME.test(name.trim())
  const { busy, problem, submit } = useSubmit(async () => {
    const only = zones.split(/[\s,]+/).filter((zone) => zone !== '')
    const token = await call('POST /v1/tokens', {
      body: {
        name: name.trim(),
        role,
        ...(only.length === 0 ? {} : { zones: only }),
        ...(until === '' ? {} : { expiresAt: new Date(until).toISOString() }),
      },
    })
    setCreated(token as CreatedToken)
    onCreated()
  })
  if (created !== undefined)
    return (
      <ShownOnce title={`Token ${created.name}`} wide={false} onClose={onClose}>
        <p>This is the only time that it is shown. Copy it now, and give it to nobody else.</p>
        <Code text={created.secret} label={`the token ${created.name}`} />
      </ShownOnce>
    )
  return (
    <Dialog title="Create a token" onClose={onClose}>
      <Form onSubmit={() => isName && submit()}>
        <TextField
          label="Name"
          required
          value={name}
          onInput={setName}
          hint="Stands in the history beside what is done with it, such as night-shift."
          error={
            name === '' || isName
              ? undefined
              : 'Expected letters, digits, dots, - and _, at most 63, beginning with a letter or a digit.'
          }
        />
        <SelectField label="Role" value={role} choices={ROLES} onInput={setRole} />
        <TextField
          label="Only for these zones"
          mono
          value={zones}
          onInput={setZones}
          placeholder="all zones"
          hint="Names separated by spaces; left empty, for all."
        />
        <TextField
          label="Ends"
          type="datetime-local"
          value={until}
          onInput={setUntil}
          hint="In your time zone; left empty, never."
        />
        <FormActions action="Create" busy={busy} problem={problem} disabled={!isName} onCancel={onClose} />
      </Form>
    </Dialog>
  )
}
