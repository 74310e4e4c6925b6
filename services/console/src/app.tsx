import { readSession, session, sessionEnded, sessionProblem } from './api/session.ts'
import { Layout } from './layout.tsx'
import { NotFoundPage } from './pages/not-found-page.tsx'
import { SignInDialog } from './pages/sign-in/sign-in-dialog.tsx'
import { SignInPage } from './pages/sign-in/sign-in-page.tsx'
import { ProblemNote } from './parts/form.tsx'
import { Toasts } from './parts/toast.tsx'
import { pageAt } from './routes.tsx'
import { path } from './routing/location.ts'

/** A session that ends puts a dialog over the page, which keeps what was typed into it. */
export function App() {
  if (session.value === undefined)
    return sessionProblem.value ? (
      <main class="sign-in" id="main">
        <ProblemNote problem={sessionProblem.value} retry={() => void readSession()} />
      </main>
    ) : (
      <p class="starting" role="status">
        Loading …
      </p>
    )
  if (session.value === null) return <SignInPage />
  return (
    <>
      <Layout>{pageAt(path.value) ?? <NotFoundPage />}</Layout>
      {sessionEnded.value && <SignInDialog />}
      <Toasts />
    </>
  )
}
