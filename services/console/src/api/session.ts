import { signal } from '@preact/signals'
import type { Session } from './operations.ts'
import { ApiError, problemOfResponse, UNREACHABLE } from './problem.ts'

/** Undefined until it is known; null for nobody. */
export const session = signal<Session | null | undefined>(undefined)
/** The API knows the session no more: the page stays, with all that was typed, below a sign-in. */
export const sessionEnded = signal(false)

/** Asks who is signed in; also begins the session's time anew. */
export async function readSession(): Promise<void> {
  const response = await ask({ method: 'GET' })
  session.value = response?.ok ? ((await response.json()) as Session) : null
}

/** Throws an ApiError when the token is not right. */
export async function signIn(token: string): Promise<void> {
  const response = await ask({ method: 'POST', headers: { authorization: `Bearer ${token}` } })
  if (response === undefined) throw new ApiError(UNREACHABLE)
  if (!response.ok) throw new ApiError(await problemOfResponse(response))
  session.value = (await response.json()) as Session
  sessionEnded.value = false
}

export async function signOut(): Promise<void> {
  await ask({ method: 'DELETE' })
  session.value = null
  sessionEnded.value = false
}

export function endSession(): void {
  if (session.value) sessionEnded.value = true
}

async function ask(init: RequestInit): Promise<Response | undefined> {
  const headers = { 'x-zonelog-console': '1', ...init.headers }
  return await fetch('/v1/session', { ...init, headers, cache: 'no-store' }).catch(() => undefined)
}
