import { Dialog } from '../../parts/dialog.tsx'
import { SignInForm } from './sign-in-form.tsx'

/** Over a page whose session has ended. */
export function SignInDialog() {
  return (
    <Dialog title="Sign in again" onClose={() => {}} stays>
      <p>Your session has ended, or its token was revoked. What you typed is kept.</p>
      <SignInForm />
    </Dialog>
  )
}
