import { session } from './session.ts'

const ROLES = ['viewer', 'operator', 'admin']

/** Whether who is signed in has this role or a higher one. What may not be done is not offered; the API refuses it all the same. */
export function may(least: 'viewer' | 'operator' | 'admin'): boolean {
  return ROLES.indexOf(session.value?.role ?? '') >= ROLES.indexOf(least)
}

/** Whether who is signed in sees all zones; some pages are about the whole installation. */
export function seesAll(): boolean {
  return session.value?.zones === null
}
