import { useState } from 'preact/hooks'
import { signIn } from '../../api/session.ts'
import { Button } from '../../parts/button.tsx'
import { TextField } from '../../parts/field.tsx'
import { Form, useSubmit } from '../../parts/form.tsx'

export function SignInForm() {
  const [token, setToken] = useState('')
  const { busy, problem, submit } = useSubmit(() => signIn(token.trim()))
  return (
    <Form onSubmit={submit}>
      <TextField
        label="API token"
        type="password"
        name="token"
        autoComplete="current-password"
        required
        value={token}
        onInput={setToken}
        error={problem?.detail}
        hint={
          <>
            On the machine where zonelog was started first: <code>cat .zonelog/api-token</code>
          </>
        }
      />
      <Button kind="primary" type="submit" busy={busy}>
        Sign in
      </Button>
    </Form>
  )
}
