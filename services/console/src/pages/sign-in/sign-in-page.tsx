import { Logo } from '../../parts/icons.tsx'
import { ThemeSwitch } from '../../parts/theme-switch.tsx'
import { SignInForm } from './sign-in-form.tsx'

export function SignInPage() {
  return (
    <main class="sign-in" id="main">
      <div class="card">
        <h1>
          <Logo /> zonelog
        </h1>
        <p>Sign in to see what changes in your zones, who changes it, and to put it right.</p>
        <SignInForm />
      </div>
      <ThemeSwitch />
    </main>
  )
}
