import { timingSafeEqual } from 'node:crypto'
import type { Name } from '../../../../shared/dns/name.ts'
import type { TsigAlgorithm } from '../../../../shared/dns/tsig.ts'
import { type DbTransaction, inTransaction } from '../../store/admin-zones.ts'
import { deleteSecrets, endSecrets, insertSecret, type StoredKey, saveKeySettings } from '../../store/keys.ts'
import type { AdminContext } from '../context.ts'
import { done, failure, type Outcome } from '../failure.ts'
import { shownSecret } from './create-key.ts'
import { newSecret, type SecretRequest } from './given-secret.ts'
import { chooseAlgorithm } from './key-algorithm.ts'
import { forgettable, liveSecrets, MOST_LIVE_SECRETS } from './key-life.ts'
import { lockedKey } from './key-named.ts'
import { announceChange, type By, type Change, recordChange } from './record-change.ts'
import { openSecret, sealSecret } from './seal-secret.ts'

export interface RotateRequest extends SecretRequest {
  /** How long the secrets before live on; 7 days unless given, 0 ends them at once. */
  readonly overlapSeconds?: number
  /** Of the new secret; that of the newest one unless given. */
  readonly algorithm?: string
  readonly allowLegacy?: boolean
}

export interface RotatedKey {
  readonly name: Name
  readonly algorithm: TsigAlgorithm
  /** Of the new secret. */
  readonly id: number
  readonly secret: string
  readonly clause: string
  /** Secrets that live on, and until when. */
  readonly retiring: readonly { readonly id: number; readonly until: string }[]
  readonly warnings: readonly string[]
}

const DAY_S = 24 * 60 * 60
const OVERLAP_S = 7 * DAY_S

/**
 * Gives a key a new secret. Those it has live on for the overlap, so that its clients can be changed one after another; one that
 * retires already, from a rotation before, keeps its earlier end.
 */
export async function rotateKey(
  admin: AdminContext,
  name: string,
  request: RotateRequest & By,
): Promise<Outcome<RotatedKey>> {
  const rotated = await inTransaction(admin.db, async (trx) => {
    const key = await lockedKey(trx, name)
    return key.ok ? await rotate(admin, trx, key.value, request) : key
  })
  if (!rotated.ok) return rotated
  await announceChange(admin, rotated.value.change)
  return done(rotated.value.key)
}

async function rotate(
  admin: AdminContext,
  trx: DbTransaction,
  key: StoredKey,
  request: RotateRequest & By,
): Promise<Outcome<{ key: RotatedKey; change: Change }>> {
  const { name } = key
  const now = admin.now()
  const newest = key.secrets[0]!
  const chosen = chooseAlgorithm(
    request.algorithm ?? newest.algorithm,
    (request.allowLegacy ?? false) || request.algorithm === undefined,
  )
  if (!chosen.ok) return chosen
  const { algorithm, warnings, leastMac } = chosen.value
  const secret = newSecret(algorithm, request)
  if (!secret.ok) return secret
  if (key.expiresAt !== undefined && key.expiresAt.getTime() <= now)
    return failure(
      'bad-key',
      `The key ${name} has expired, and its new secret with it; first say when it shall expire: zonelog key set ${name.slice(0, -1)} --expires never`,
    )
  const until = new Date(now + (request.overlapSeconds ?? OVERLAP_S) * 1_000)
  const live = liveSecrets(key, now)
  const stay = until.getTime() > now ? live : []
  if (stay.length >= MOST_LIVE_SECRETS)
    return failure(
      'bad-key',
      `The key ${name} has ${stay.length} live secrets already; end one first: zonelog key revoke ${name.slice(0, -1)} --secret ${stay.at(-1)!.id}, or rotate with --overlap 0.`,
    )
  for (const { id, sealed } of live)
    if (sameOctets(openSecret(admin, name, sealed!), secret.value))
      return failure(
        'bad-key',
        `That secret is one that the key ${name} has already (number ${id}); a rotation needs a new one.`,
      )
  const sealed = await sealSecret(admin, trx, name, secret.value)
  const made = { algorithm, sealed, createdAt: new Date(now), createdBy: request.by }
  const id = await insertSecret(trx, name, made)
  if (leastMac !== undefined) await saveKeySettings(trx, { ...key, leastMacOctets: leastMac })
  await endSecrets(
    trx,
    live.map((old) => old.id),
    until,
  )
  await deleteSecrets(
    trx,
    forgettable(key, now).map((old) => old.id),
  )
  const retiring = stay.map((old) => ({ id: old.id, until: earlier(old.expiresAt, until).toISOString() }))
  const detail = `to secret ${id} of ${algorithm}; ${describe(retiring)}`
  const change: Change = { name, by: request.by, change: 'rotated', detail }
  await recordChange(admin, trx, change)
  return done({ change, key: { ...shownSecret(name, algorithm, secret.value), id, retiring, warnings } })
}

function describe(retiring: RotatedKey['retiring']): string {
  if (retiring.length === 0) return 'no other lives on'
  return retiring.map(({ id, until }) => `secret ${id} lives until ${until}`).join(', ')
}

function earlier(end: Date | undefined, until: Date): Date {
  return end !== undefined && end < until ? end : until
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
