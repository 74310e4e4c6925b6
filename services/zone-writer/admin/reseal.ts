import { sealMasterKeyCheck } from '../../../shared/catalog-meta.ts'
import type { Identity } from '../../../shared/commands.ts'
import { placeText } from '../../../shared/secrets/master-keys.ts'
import { type MasterKey, seal, tsigSecretPurpose } from '../../../shared/secrets/sealed.ts'
import { inTransaction } from '../store/admin-zones.ts'
import { lockMasterKeyCheck, replaceMasterKeyCheck } from '../store/master-key-check.ts'
import { lockSealedSecrets, replaceSealedSecrets } from '../store/sealed-secrets.ts'
import { recordAudit } from './audit.ts'
import { resealCheckpointKey } from './checkpoint-key.ts'
import { type AdminContext, afterCommit } from './context.ts'
import { done, failure, type Outcome } from './failure.ts'

/** A process of this installation, and whether it could open what is sealed under the next master key. */
export interface HolderOfKeys {
  readonly role: 'edge' | 'writer'
  readonly id: string
  readonly holdsNext: boolean
}

export interface Resealed {
  /** How many secrets were sealed anew; 0 when all were so already, or only a look was asked for. */
  readonly secrets: number
  /** Whether all are sealed under the next master key now. */
  readonly isNext: boolean
  readonly holders: readonly HolderOfKeys[]
  /** Where the writer that answers has its keys. */
  readonly places: { readonly present: string; readonly next: string }
}

export interface ResealRequest {
  readonly by: Identity
  /** Look only: who has the next master key? */
  readonly check?: boolean
  /** Also when somebody lacks it, who then knows no key until it gets it. */
  readonly force?: boolean
}

/** Asks all that run now whether they open this check text. */
export type AskHolders = (check: Uint8Array) => Promise<HolderOfKeys[]>

/**
 * Seals every secret under the next master key, in one transaction, once all edges and writers have it. Whoever dies on the way
 * leaves everything under one of the two keys, which they all have.
 */
export async function reseal(
  admin: AdminContext,
  ask: AskHolders,
  { by, check = false, force = false }: ResealRequest,
): Promise<Outcome<Resealed>> {
  const { masterKeys, log } = admin
  const { next } = masterKeys
  const places = { present: placeText(masterKeys.places.present), next: placeText(masterKeys.places.next) }
  if (next === undefined)
    return failure(
      'master-key-missing',
      `There is no next master key ${places.next}. Make it: (umask 077; openssl rand -base64 32 > ${places.next}), and copy it to every machine.`,
    )
  const holders = await ask(sealMasterKeyCheck(next)).catch(() => undefined)
  if (holders === undefined)
    return failure(
      'master-key-missing',
      'NATS does not answer, so nobody can say who has the next master key; nothing was changed.',
    )
  const lacking = holders.filter(({ holdsNext }) => !holdsNext)
  if (!check && !force && lacking.length > 0)
    return failure(
      'master-key-missing',
      'Not every process has the next master key; nothing was changed. Put it beside the present one of each:',
      lacking.map(({ role, id }) => ({ message: `${role} ${id}` })),
    )
  if (check) return done({ secrets: 0, isNext: await isSealedUnder(admin, next), holders, places })
  const secrets = await sealAllUnder(admin, next, by)
  log.info({ by, secrets }, 'secrets sealed under the next master key')
  await afterCommit(admin, 'sealed secrets in the catalog', () => admin.catalog.everythingChanged())
  return done({ secrets, isNext: true, holders, places })
}

async function isSealedUnder({ db, masterKeys }: AdminContext, key: MasterKey): Promise<boolean> {
  return await inTransaction(db, async (trx) => {
    const check = await lockMasterKeyCheck(trx)
    return check !== undefined && same(masterKeys.thatSealed(check), key)
  })
}

/** How many were not so before. */
async function sealAllUnder(
  { db, masterKeys, now }: AdminContext,
  next: MasterKey,
  by: Identity,
): Promise<number> {
  return await inTransaction(db, async (trx) => {
    const check = await lockMasterKeyCheck(trx)
    if (check !== undefined && same(masterKeys.thatSealed(check), next)) return 0
    const secrets = await lockSealedSecrets(trx)
    const fresh = secrets.map(({ id, keyName, sealed }) => {
      const purpose = tsigSecretPurpose(keyName)
      return { id, sealed: seal(next, purpose, masterKeys.open(purpose, sealed)) }
    })
    await replaceSealedSecrets(trx, fresh)
    await resealCheckpointKey(trx, masterKeys, next)
    await replaceMasterKeyCheck(trx, sealMasterKeyCheck(next))
    const detail = `${fresh.length} secrets sealed under the next master key`
    await recordAudit(trx, {
      at: new Date(now()),
      by,
      subject: 'master-key',
      name: '',
      change: 'resealed',
      detail,
    })
    return fresh.length
  })
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
