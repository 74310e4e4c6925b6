import type { ComponentChildren } from 'preact'
import { session, signOut } from './api/session.ts'
import { Button } from './parts/button.tsx'
import { ProblemNote, useSubmit } from './parts/form.tsx'
import { Logo } from './parts/icons.tsx'
import { Tasks } from './parts/tasks.tsx'
import { ThemeSwitch } from './parts/theme-switch.tsx'
import { MENU } from './routes.tsx'
import { path } from './routing/location.ts'

export function Layout({ children }: { children: ComponentChildren }) {
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="head">
        <a class="brand" href="/">
          <Logo /> zonelog
        </a>
        <nav aria-label="Main" class="menu">
          {MENU.map(({ href, label, ...more }) => (
            <a
              href={href}
              aria-current={isAt(href) || ('also' in more && isAt(more.also)) ? 'page' : undefined}
            >
              {label}
            </a>
          ))}
        </nav>
        <Account />
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <Tasks />
    </>
  )
}

function isAt(href: string): boolean {
  return href === '/' ? path.value === '/' : path.value === href || path.value.startsWith(`${href}/`)
}

function Account() {
  const who = session.value
  const { busy, problem, submit } = useSubmit(signOut)
  return (
    <div class="account">
      <ThemeSwitch />
      {who && (
        <span class="who" title={`API token, role ${who.role}`}>
          {who.name} ({who.role})
        </span>
      )}
      <Button kind="plain" small busy={busy} onClick={submit}>
        Sign out
      </Button>
      {problem && (
        <div>
          <strong>You are still signed in.</strong>
          <ProblemNote problem={problem} />
        </div>
      )}
    </div>
  )
}
