import { session } from './session.ts'

const ROLES = ['viewer', 'operator', 'admin']

/** Whether who is signed in has this role or a higher one. What may not be done is not offered; the API refuses it all the same. */
export function may(least: 'viewer' | 'operator' | 'admin'): boolean {
  const role = session.value?.role
  // an API without roles lets every token do everything
  return role === undefined || ROLES.indexOf(role) >= ROLES.indexOf(least)
}
