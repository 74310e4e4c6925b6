import { silentLogger } from '../../../shared/log.ts'
import { inUndoneTransaction } from '../store/admin-zones.ts'
import type { AdminContext } from './context.ts'
import { done, type Outcome } from './failure.ts'

/** What a change answers; `dryRun` says that it was not made. */
export type Tried<T> = T & { readonly dryRun?: true }

/**
 * Makes a change, or with `isDryRun` finds out what it would do: all of it is done in one transaction, with its checks and locks, and
 * then rolled back. Edges and the log hear nothing of it. A refusal is that of the change itself.
 */
export async function doneOrTried<T extends object>(
  admin: AdminContext,
  isDryRun: boolean | undefined,
  change: (admin: AdminContext) => Promise<Outcome<T>>,
): Promise<Outcome<Tried<T>>> {
  if (isDryRun !== true) return await change(admin)
  const tried = await inUndoneTransaction(admin.db, (db) =>
    change({ ...admin, db, log: silentLogger(), isDryRun: true }),
  )
  return tried.ok ? done({ ...tried.value, dryRun: true }) : tried
}

const SECRETS = ['secret', 'clause', 'token'] as const

/** What a change that makes a secret answers where it was only tried: that secret opens nothing, so it is not told. */
export type TriedSecret<T> = Omit<T, (typeof SECRETS)[number]> & { readonly dryRun: true }

/** As {@link doneOrTried}, for changes whose answer holds a secret. */
export async function doneOrTriedSecret<T extends object>(
  admin: AdminContext,
  isDryRun: boolean | undefined,
  change: (admin: AdminContext) => Promise<Outcome<T>>,
): Promise<Outcome<T | TriedSecret<T>>> {
  const made = await doneOrTried(admin, isDryRun, change)
  if (!made.ok || made.value.dryRun === undefined) return made
  const told = Object.entries(made.value).filter(([field]) => !SECRETS.some((secret) => secret === field))
  return done(Object.fromEntries(told) as TriedSecret<T>)
}
