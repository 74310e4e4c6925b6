import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { CreatedUpdateToken } from '../../api/operations.ts'
import { Code } from '../../parts/code.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/field.tsx'
import { Form, FormActions, useSubmit } from '../../parts/form.tsx'
import { ShownOnce } from '../../parts/shown-once.tsx'
import { HttpSnippets } from './http-snippets.tsx'
import { expiryFrom } from './key-facts.ts'

/** Makes a token for HTTP updates of some hosts; it is shown once, in the forms that routers take. */
export function CreateUpdateTokenDialog({
  of,
  onCreated,
  onClose,
}: {
  /** The key that it stands for. */
  readonly of: string
  readonly onCreated: () => void
  readonly onClose: () => void
}) {
  const [name, setName] = useState('')
  const [hosts, setHosts] = useState('')
  const [expires, setExpires] = useState('')
  const [made, setMade] = useState<CreatedUpdateToken>()
  const { busy, problem, submit } = useSubmit(async () => {
    const body = {
      name: name.trim(),
      hosts: hosts.split(/[\s,]+/).filter((host) => host !== ''),
      expiresAt: expiryFrom(expires, Date.now()),
    }
    const token = await call('POST /v1/keys/{name}/update-tokens', { path: { name: of }, body })
    setMade(token as CreatedUpdateToken)
    onCreated()
  })
  if (made)
    return (
      <ShownOnce title={`Update token ${made.name}`} onClose={onClose}>
        <p class="note warn">
          The token is shown now and never again. Copy it to the machine that is to use it.
        </p>
        <Code label="update token" text={made.token} />
        <HttpSnippets made={made} />
      </ShownOnce>
    )
  return (
    <Dialog title="Create an update token" onClose={onClose}>
      <Form onSubmit={submit}>
        <TextField
          label="Name"
          required
          placeholder="home"
          value={name}
          onInput={setName}
          hint="One for each machine."
        />
        <TextField
          label="Hosts"
          mono
          required
          placeholder="home.example.com"
          value={hosts}
          onInput={setHosts}
          hint="It may change these only, and no more than rules grant the key. *.lab.example.com is every name below."
        />
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
