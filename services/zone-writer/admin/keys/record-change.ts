import type { Identity } from '../../../../shared/commands.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { insertKeyChange } from '../../store/key-changes.ts'
import { recordAudit } from '../audit.ts'
import { type AdminContext, afterCommit } from '../context.ts'

export type KeyChangeKind =
  | 'created'
  | 'rotated'
  | 'set'
  | 'expired'
  | 'revoked'
  | 'deleted'
  | 'token created'
  | 'token revoked'

/** Who changes a key. */
export interface By {
  readonly by: Identity
}

/** What was done to a key. `detail` is a sentence for people that holds no secret. */
export interface Change extends By {
  readonly name: Name
  readonly change: KeyChangeKind
  readonly detail: string
}

/** Part of the transaction that makes the change. */
export async function recordChange(admin: AdminContext, trx: DbTransaction, made: Change): Promise<void> {
  const { name, by, change, detail } = made
  const at = new Date(admin.now())
  await insertKeyChange(trx, name, { at, by, change, detail })
  await recordAudit(trx, { at, by, subject: 'key', name, change, detail })
}

/** After its commit: tells the log and the edges. */
export async function announceChange(
  admin: AdminContext,
  { name, by, change, detail }: Change,
): Promise<void> {
  admin.log.info({ key: name, by, change, detail }, 'key changed')
  await afterCommit(admin, 'key in the catalog', () => admin.catalog.keyChanged(name))
}
