import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { CreatedKey } from '../../api/operations.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { Form, FormActions, useSubmit } from '../../parts/form.tsx'
import { ShownOnce } from '../../parts/shown-once.tsx'
import { expiryFrom } from './key-facts.ts'
import { NewSecret } from './new-secret.tsx'

export const ALGORITHMS = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512', 'hmac-sha224'].map((value) => ({
  value,
  label: value,
}))

/** Makes a key; its secret is shown once, in the forms that clients take. */
export function CreateKeyDialog({
  onClose,
  onCreated,
}: {
  readonly onClose: () => void
  readonly onCreated: () => void
}) {
  const [name, setName] = useState('')
  const [algorithm, setAlgorithm] = useState('hmac-sha256')
  const [expires, setExpires] = useState('')
  const [created, setCreated] = useState<CreatedKey>()
  const { busy, problem, submit } = useSubmit(async () => {
    const made = await call('POST /v1/keys', {
      body: { name: name.trim(), algorithm, expiresAt: expiryFrom(expires, Date.now()) },
    })
    // no public key was given: it is TSIG
    setCreated(made as CreatedKey)
    onCreated()
  })
  if (created)
    return (
      <ShownOnce title={`Key ${created.name}`} onClose={onClose}>
        <NewSecret made={created} />
      </ShownOnce>
    )
  return (
    <Dialog title="Create a key" onClose={onClose}>
      <Form onSubmit={submit}>
        <TextField
          label="Name"
          mono
          required
          placeholder="router"
          value={name}
          onInput={setName}
          hint="One for each machine. It is written as a domain name, and so it may have dots."
        />
        <SelectField label="Algorithm" value={algorithm} choices={ALGORITHMS} onInput={setAlgorithm} />
        <TextField
          label="Expires"
          mono
          placeholder="never"
          value={expires}
          onInput={setExpires}
          hint="90d, a date, or nothing for never."
        />
        <FormActions action="Create" busy={busy} problem={problem} onCancel={onClose} />
      </Form>
    </Dialog>
  )
}
