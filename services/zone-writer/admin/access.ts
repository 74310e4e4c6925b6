import type { Name } from '../../../shared/dns/name.ts'

/** What a token may do; each role may do what those before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Who asks, and what that may see and do. */
export interface Access {
  /** Name of the token. */
  readonly token: string
  readonly role: Role
  /** Undefined is all zones. */
  readonly zones: ReadonlySet<Name> | undefined
  readonly expiresAt: Date | undefined
}

/** Of zonelog itself. */
export const ALL_SEEN: Access = { token: '', role: 'admin', zones: undefined, expiresAt: undefined }

export function hasRole({ role }: Pick<Access, 'role'>, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least)
}

export function seesAllZones({ zones }: Pick<Access, 'zones'>): boolean {
  return zones === undefined
}

export function seesZone({ zones }: Pick<Access, 'zones'>, name: string): boolean {
  return zones === undefined || zones.has(name as Name)
}

/** What answers are kept by: all readers of all zones are told the same. */
export function readerOf({ token, zones }: Pick<Access, 'token' | 'zones'>): string {
  return zones === undefined ? '' : token
}

/** For queries: the names, or undefined for all. */
export function zonesSeen({ zones }: Pick<Access, 'zones'>): readonly Name[] | undefined {
  return zones === undefined ? undefined : [...zones]
}
