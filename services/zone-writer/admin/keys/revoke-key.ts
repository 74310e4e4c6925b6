import type { Name } from '../../../../shared/dns/name.ts'
import { type DbTransaction, inTransaction } from '../../store/admin-zones.ts'
import { deleteKey, eraseSecrets, type StoredKey } from '../../store/keys.ts'
import { deleteUpdateTokens } from '../../store/update-tokens.ts'
import { type AdminContext, afterCommit } from '../context.ts'
import { done, failure, type Outcome } from '../failure.ts'
import { isLive, liveSecrets } from './key-life.ts'
import { lockedKey } from './key-named.ts'
import { inUse, type Reader, usesOf } from './key-uses.ts'
import { announceChange, type By, type Change, recordChange } from './record-change.ts'
import { removeSig0Key } from './sig0-key.ts'

/** Of more, comparing the whole catalog is quicker. */
const TOKENS_ONE_BY_ONE = 100

/** Who takes a key away, and whose zones may be told to them. */
export interface EndRequest extends By {
  readonly reader?: Reader
}

export interface RevokeRequest extends EndRequest {
  /** Id of one secret; all that live unless given. */
  readonly secret?: number
  /** Also when zones name the key and no secret of it stays. */
  readonly force?: boolean
}

export interface EndedKey {
  readonly name: Name
  /** Ids of the secrets that ended. */
  readonly ended: readonly number[]
  /** Rules that name a key which can sign nothing any more. */
  readonly namedBy: readonly string[]
}

/**
 * Ends secrets for ever and erases them. The last one of a key that zones name is ended by force only. With the last one that lives the
 * key's update tokens end as well: a new secret must not bring to life what went with a leaked one.
 */
export async function revokeKey(
  admin: AdminContext,
  name: string,
  request: RevokeRequest,
): Promise<Outcome<EndedKey>> {
  return await end(admin, name, async (trx, key) => {
    const ending = secretsToEnd(key, request.secret, admin.now())
    if (!ending.ok) return ending
    const live = new Set(liveSecrets(key, admin.now()).map(({ id }) => id))
    const isLast = live.isSubsetOf(new Set(ending.value))
    const used =
      isLast && request.force !== true ? await inUse(trx, key.name, 'revoked', request.reader) : undefined
    if (used !== undefined) return used
    await eraseSecrets(trx, ending.value, new Date(admin.now()))
    // a secret of a key that has expired takes nothing along: the key may be given another end
    const endsTokens = isLast && (live.size > 0 || request.secret === undefined)
    const tokens = endsTokens ? await deleteUpdateTokens(trx, key.name) : []
    const namedBy = isLast ? await usesOf(trx, key.name, request.reader) : []
    const detail = [`secret ${ending.value.join(', ')}`, ...tokensText(tokens)].join('; ')
    return done({
      ended: ending.value,
      tokens,
      namedBy,
      change: { by: request.by, change: 'revoked', detail } as const,
    })
  })
}

/** Forgets a key, its secrets and their use, and its update tokens. One that zones name is deleted by force only; their rules stay as they are. */
export async function removeKey(
  admin: AdminContext,
  name: string,
  request: EndRequest & { readonly force?: boolean },
): Promise<Outcome<EndedKey>> {
  const publicKey = await removeSig0Key(admin, name, request)
  if (publicKey !== undefined) return publicKey
  return await end(admin, name, async (trx, key) => {
    const used = request.force === true ? undefined : await inUse(trx, key.name, 'deleted', request.reader)
    if (used !== undefined) return used
    const ended = key.secrets.filter((secret) => isLive(key, secret, admin.now())).map(({ id }) => id)
    const namedBy = await usesOf(trx, key.name, request.reader)
    const tokens = await deleteUpdateTokens(trx, key.name)
    await deleteKey(trx, key.name)
    const force = namedBy.length === 0 ? [] : [`by force: ${namedBy.length} rules name it`]
    const detail = [...force, ...tokensText(tokens)].join('; ')
    return done({ ended, tokens, namedBy, change: { by: request.by, change: 'deleted', detail } as const })
  })
}

interface Ended {
  readonly ended: readonly number[]
  /** Ids of the update tokens that ended with the key. */
  readonly tokens: readonly number[]
  readonly namedBy: readonly { readonly message: string }[]
  readonly change: Omit<Change, 'name'>
}

async function end(
  admin: AdminContext,
  text: string,
  work: (trx: DbTransaction, key: StoredKey) => Promise<Outcome<Ended>>,
): Promise<Outcome<EndedKey>> {
  const committed = await inTransaction(admin.db, async (trx) => {
    const key = await lockedKey(trx, text)
    if (!key.ok) return key
    const ended = await work(trx, key.value)
    if (!ended.ok) return ended
    const change: Change = { ...ended.value.change, name: key.value.name }
    await recordChange(admin, trx, change)
    return done({ ...ended.value, change })
  })
  if (!committed.ok) return committed
  const { change, ended, tokens, namedBy } = committed.value
  await announceChange(admin, change)
  await afterCommit(admin, 'update tokens in the catalog', () => tokensEnded(admin, tokens))
  return done({ name: change.name, ended, namedBy: namedBy.map(({ message }) => message) })
}

/** An edge that still knew them would take them again as soon as it knows a new key of that name. */
async function tokensEnded({ catalog }: AdminContext, ids: readonly number[]): Promise<void> {
  if (ids.length > TOKENS_ONE_BY_ONE) return await catalog.everythingChanged()
  for (const id of ids) await catalog.updateTokenChanged(id)
}

function tokensText(tokens: readonly number[]): string[] {
  return tokens.length === 0 ? [] : [`${tokens.length} update token(s) with it`]
}

function secretsToEnd(key: StoredKey, id: number | undefined, now: number): Outcome<number[]> {
  if (id === undefined) {
    const all = key.secrets.filter((secret) => secret.sealed !== undefined).map((secret) => secret.id)
    return all.length > 0
      ? done(all)
      : failure('bad-key', `All secrets of the key ${key.name} are revoked already.`)
  }
  const secret = key.secrets.find((candidate) => candidate.id === id)
  if (secret === undefined) {
    const live = key.secrets
      .filter((candidate) => isLive(key, candidate, now))
      .map((candidate) => candidate.id)
    return failure(
      'bad-key',
      `The key ${key.name} has no secret ${id}; those that live: ${live.join(', ') || 'none'}.`,
    )
  }
  if (secret.sealed === undefined)
    return failure('bad-key', `Secret ${id} of the key ${key.name} is revoked already.`)
  return done([id])
}
