import { signal } from '@preact/signals'
import type { Session } from './operations.ts'
import { ApiError, type Problem, problemOfResponse, UNREACHABLE } from './problem.ts'

/** Undefined until it is known; null for nobody. */
export const session = signal<Session | null | undefined>(undefined)
/** The API knows the session no more: the page stays, with all that was typed, below a sign-in. */
export const sessionEnded = signal(false)
/** Why it is not known who is signed in. */
export const sessionProblem = signal<Problem | undefined>(undefined)

/** Asks who is signed in; also begins the session's time anew. Only the API's own "nobody" is believed: what a proxy says is a problem. */
export async function readSession(): Promise<void> {
  sessionProblem.value = undefined
  const response = await ask({ method: 'GET' })
  if (response?.ok) {
    session.value = (await response.json()) as Session
    sessionEnded.value = false
  } else if (response?.status === 401) {
    if (session.value) endSession()
    else session.value = null
  } else if (!session.value)
    sessionProblem.value = response === undefined ? UNREACHABLE : await problemOfResponse(response)
}

/** Throws an ApiError when the token is not right. */
export async function signIn(token: string): Promise<void> {
  const response = await ask({ method: 'POST', headers: { authorization: `Bearer ${token}` } })
  if (response === undefined) throw new ApiError(UNREACHABLE)
  if (!response.ok) throw new ApiError(await problemOfResponse(response))
  session.value = (await response.json()) as Session
  sessionEnded.value = false
}

/** Throws an ApiError when the cookie is still there: only the API can take it away. */
export async function signOut(): Promise<void> {
  const response = await ask({ method: 'DELETE' })
  if (response === undefined) throw new ApiError(UNREACHABLE)
  if (!response.ok && response.status !== 401) throw new ApiError(await problemOfResponse(response))
  session.value = null
  sessionEnded.value = false
}

export function endSession(): void {
  if (session.value) sessionEnded.value = true
}

/** Waits while the session has ended, until somebody signs in again or the signal aborts: nobody should ask the API meanwhile. */
export async function whileSignedOut(aborted: AbortSignal): Promise<void> {
  if (!sessionEnded.value || aborted.aborted) return
  await new Promise<void>((resolve) => {
    const stop = sessionEnded.subscribe((ended) => {
      if (!ended) done()
    })
    function done(): void {
      aborted.removeEventListener('abort', done)
      // subscribe() calls before it returns
      queueMicrotask(() => stop())
      resolve()
    }
    aborted.addEventListener('abort', done)
  })
}

async function ask(init: RequestInit): Promise<Response | undefined> {
  const headers = { 'x-zonelog-console': '1', ...init.headers }
  return await fetch('/v1/session', { ...init, headers, cache: 'no-store' }).catch(() => undefined)
}
