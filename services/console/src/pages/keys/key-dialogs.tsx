import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { RotatedKey } from '../../api/operations.ts'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { CheckField, TextField } from '../../parts/field.tsx'
import { Form, FormActions, useSubmit } from '../../parts/form.tsx'
import { ShownOnce } from '../../parts/shown-once.tsx'
import { toast } from '../../parts/toast.tsx'
import { navigate } from '../../routing/location.ts'
import { expiryFrom } from './key-facts.ts'
import { NewSecret } from './new-secret.tsx'

interface OfKey {
  readonly name: string
  readonly onClose: () => void
  readonly onDone: () => void
}

const DAY = 86_400

/** A new secret beside the old one, which lives on for some days, so that machines can be changed one by one. */
export function RotateKeyDialog({ name, onClose, onDone }: OfKey) {
  const [days, setDays] = useState('7')
  const [made, setMade] = useState<RotatedKey>()
  const { busy, problem, submit } = useSubmit(async () => {
    const body = { overlapSeconds: Math.round(Number(days) * DAY) }
    setMade((await call('POST /v1/keys/{name}/rotate', { path: { name }, body })) as RotatedKey)
    onDone()
  })
  if (made)
    return (
      <ShownOnce title={`New secret of ${name}`} onClose={onClose}>
        <NewSecret made={made} />
      </ShownOnce>
    )
  return (
    <Dialog title={`Rotate ${name}`} onClose={onClose}>
      <Form onSubmit={submit}>
        <p>
          The key gets a new secret. Messages signed with the old one are taken for as long as you say here.
        </p>
        <TextField
          label="Days that the old secret still works"
          type="number"
          required
          min={0}
          max={365}
          value={days}
          onInput={setDays}
        />
        <FormActions action="Make a new secret" busy={busy} problem={problem} onCancel={onClose} />
      </Form>
    </Dialog>
  )
}

export function RevokeKeyDialog({ name, onClose, onDone }: OfKey) {
  const [secret, setSecret] = useState('')
  return (
    <ConfirmDialog
      title={`Revoke ${name}`}
      action="Revoke"
      onClose={onClose}
      act={async () => {
        const body = { force: true, ...(secret === '' ? {} : { secret: Number(secret) }) }
        const { ended } = await call('POST /v1/keys/{name}/revoke', { path: { name }, body })
        toast(`Ended ${ended.length} secrets of ${name}`)
        onDone()
        onClose()
      }}
    >
      <p>
        What is signed with it is refused from now on, and for ever. Rotate instead if machines still need it.
      </p>
      <TextField
        label="Only this secret"
        type="number"
        placeholder="all of them"
        value={secret}
        onInput={setSecret}
        hint="The number of a secret, such as 1; left empty, the whole key ends."
      />
    </ConfirmDialog>
  )
}

export function ExpireKeyDialog({
  name,
  expiresAt,
  onClose,
  onDone,
}: OfKey & { readonly expiresAt: string | null }) {
  const [typed, setTyped] = useState(expiresAt ?? '')
  const { busy, problem, submit } = useSubmit(async () => {
    await call('PATCH /v1/keys/{name}', {
      path: { name },
      body: { expiresAt: expiryFrom(typed, Date.now()) },
    })
    toast(`Changed when ${name} expires`)
    onDone()
    onClose()
  })
  return (
    <Dialog title={`When ${name} expires`} onClose={onClose}>
      <Form onSubmit={submit}>
        <TextField
          label="Expires"
          mono
          placeholder="never"
          value={typed}
          onInput={setTyped}
          hint="90d, a date, or nothing for never."
        />
        <FormActions action="Save" busy={busy} problem={problem} onCancel={onClose} />
      </Form>
    </Dialog>
  )
}

export function DeleteKeyDialog({
  name,
  namedBy,
  onClose,
  onDone,
}: OfKey & { readonly namedBy: readonly string[] }) {
  const [force, setForce] = useState(false)
  return (
    <ConfirmDialog
      title={`Delete ${name}`}
      action={`Delete ${name}`}
      ready={namedBy.length === 0 || force}
      onClose={onClose}
      act={async () => {
        await call('DELETE /v1/keys/{name}', { path: { name }, query: { force } })
        toast(`Deleted ${name}`)
        onDone()
        onClose()
        navigate('/keys')
      }}
    >
      <p>Its secrets are gone for ever; what it did stays in the history.</p>
      {namedBy.length > 0 && (
        <>
          <p class="note warn">It is named by {namedBy.join(', ')}.</p>
          <CheckField
            label="Delete it all the same; these rules then match nobody"
            checked={force}
            onInput={setForce}
          />
        </>
      )}
    </ConfirmDialog>
  )
}
