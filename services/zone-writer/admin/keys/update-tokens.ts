import { isSubdomain, type Name } from '../../../../shared/dns/name.ts'
import { nearest } from '../../../../shared/nearest.ts'
import { newUpdateToken, updateTokenHash } from '../../../../shared/update-token.ts'
import { durationText } from '../../../../shared/zone-settings.ts'
import { type Db, type DbTransaction, inTransaction } from '../../store/admin-zones.ts'
import {
  deleteUpdateToken,
  insertUpdateToken,
  type StoredUpdateToken,
  updateTokens,
} from '../../store/update-tokens.ts'
import type { Access } from '../access.ts'
import { type AdminContext, afterCommit } from '../context.ts'
import { done, failure, type Outcome } from '../failure.ts'
import { readCanonicalName } from '../names.ts'
import { readExpiry } from './key-moment.ts'
import { keyNamed, lockedKey } from './key-named.ts'
import { keyLack } from './keys-seen.ts'
import { announceChange, type By, type Change, recordChange } from './record-change.ts'

export interface UpdateTokenRequest extends By {
  /** What its owner calls it; of each key another. */
  readonly name: string
  /** Host names that it may change; `*.NAME` is every name below. */
  readonly hosts: readonly string[]
  /** ISO 8601; never unless given. */
  readonly expiresAt?: string | null
  /** How long what it sets is to stay unless it is set again, where a request does not say; in seconds. For ever unless given. */
  readonly leaseSeconds?: number | null
}

/** A token as everybody may see it. */
export interface UpdateTokenDescription {
  readonly key: Name
  readonly name: string
  readonly hosts: readonly Name[]
  /** Address ranges from which it may be used; none is everywhere. */
  readonly allowFrom: readonly string[]
  readonly state: 'active' | 'expired'
  readonly createdAt: string
  readonly createdBy: string
  readonly expiresAt: string | null
  readonly leaseSeconds: number | null
}

/** Once, to its owner. */
export interface CreatedUpdateToken extends UpdateTokenDescription {
  readonly token: string
}

// one word in the log
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
const MOST_HOSTS = 100
const MOST_TOKENS = 10_000

/** Makes a token for HTTP updates that stands for a key, for these hosts only. */
export async function createUpdateToken(
  admin: AdminContext,
  keyText: string,
  request: UpdateTokenRequest,
): Promise<Outcome<CreatedUpdateToken>> {
  const { name, by } = request
  if (!NAME.test(name))
    return failure(
      'bad-update-token',
      `'${name}' cannot be the name of a token: 1 to 63 letters, digits, '.', '_' and '-', such as router-berlin.`,
    )
  const hosts = readHosts(request.hosts)
  if (!hosts.ok) return hosts
  const expiresAt = readExpiry(request.expiresAt ?? null, admin.now())
  if (!expiresAt.ok) return expiresAt
  const token = newUpdateToken()
  const created = await inTransaction(admin.db, async (trx) => {
    const key = await lockedKey(trx, keyText)
    if (!key.ok) return key
    const stored = {
      key: key.value.name,
      name,
      hash: updateTokenHash(token),
      names: hosts.value,
      createdAt: new Date(admin.now()),
      createdBy: by,
      expiresAt: expiresAt.value,
      allowFrom: [],
      registeredFrom: undefined,
      leaseSeconds: request.leaseSeconds ?? undefined,
    }
    if ((await updateTokens(trx, stored.key)).length >= MOST_TOKENS)
      return failure(
        'bad-update-token',
        `The key ${stored.key} has ${MOST_TOKENS} tokens already; make another key.`,
      )
    const id = await insertUpdateToken(trx, stored)
    if (id === undefined)
      return failure(
        'update-token-exists',
        `The key ${stored.key} has a token ${name} already; choose another name, or revoke it: zonelog update-token revoke ${stored.key.slice(0, -1)} ${name}`,
      )
    const leased =
      stored.leaseSeconds === undefined ? '' : `, with a lease of ${durationText(stored.leaseSeconds)}`
    const detail = `token ${name} for ${hosts.value.join(', ')}${leased}`
    return done({
      stored: { ...stored, id },
      change: await record(admin, trx, stored.key, by, 'token created', detail),
    })
  })
  if (!created.ok) return created
  await announceUpdateToken(admin, created.value)
  return done({ ...describe(created.value.stored, admin.now()), token })
}

/** Of a key that others have a right to: whether all its hosts lie in zones of the reader. */
function isOwn({ zones }: Access, { names }: StoredUpdateToken): boolean {
  return names.every((name) => [...(zones ?? [])].some((zone) => isSubdomain(name, zone)))
}

/** Without the tokens themselves. */
export async function listUpdateTokens(
  db: Db,
  keyText: string,
  now: number,
  reader: Access,
): Promise<Outcome<UpdateTokenDescription[]>> {
  const key = await keyNamed(db, keyText)
  if (!key.ok) return key
  const isWhole = (await keyLack(db, reader, keyText, 'see-whole')) === undefined
  const tokens = await updateTokens(db, key.value.name)
  return done(tokens.filter((token) => isWhole || isOwn(reader, token)).map((token) => describe(token, now)))
}

/** Ends a token at once; its name is free again. */
export async function revokeUpdateToken(
  admin: AdminContext,
  keyText: string,
  name: string,
  by: By['by'],
): Promise<Outcome<UpdateTokenDescription>> {
  const revoked = await inTransaction(admin.db, async (trx) => {
    const key = await lockedKey(trx, keyText)
    if (!key.ok) return key
    const tokens = await updateTokens(trx, key.value.name)
    const stored = tokens.find((token) => token.name === name)
    if (stored === undefined) return noToken(key.value.name, name, tokens)
    await deleteUpdateToken(trx, stored.id)
    return done({
      stored,
      change: await record(admin, trx, stored.key, by, 'token revoked', `token ${name}`),
    })
  })
  if (!revoked.ok) return revoked
  await announceUpdateToken(admin, revoked.value)
  return done(describe(revoked.value.stored, admin.now()))
}

export interface ChangedUpdateToken {
  readonly stored: StoredUpdateToken
  readonly change: Change
}

async function record(
  admin: AdminContext,
  trx: DbTransaction,
  name: Name,
  by: By['by'],
  change: Change['change'],
  detail: string,
): Promise<Change> {
  const made: Change = { name, by, change, detail }
  await recordChange(admin, trx, made)
  return made
}

/** After the commit. */
export async function announceUpdateToken(
  admin: AdminContext,
  { stored, change }: ChangedUpdateToken,
): Promise<void> {
  await announceChange(admin, change)
  await afterCommit(admin, 'update token in the catalog', () => admin.catalog.updateTokenChanged(stored.id))
}

function readHosts(texts: readonly string[]): Outcome<Name[]> {
  if (texts.length === 0 || texts.length > MOST_HOSTS)
    return failure('bad-update-token', `A token is for 1 to ${MOST_HOSTS} hosts; name them with --host.`)
  const names: Name[] = []
  for (const text of texts) {
    const name = readCanonicalName(text, 'host')
    if (!name.ok) return name
    names.push(name.value)
  }
  return done([...new Set(names)])
}

function noToken(key: Name, name: string, tokens: readonly StoredUpdateToken[]) {
  const names = tokens.map((token) => token.name)
  const near = nearest(name, names)
  const hint =
    near === undefined
      ? `zonelog update-token list ${key.slice(0, -1)} shows those it has.`
      : `did you mean ${near}?`
  return failure('update-token-not-found', `The key ${key} has no token ${name}; ${hint}`)
}

function describe(token: StoredUpdateToken, now: number): UpdateTokenDescription {
  const { key, name, names, allowFrom, createdAt, createdBy, expiresAt, leaseSeconds } = token
  return {
    key,
    name,
    hosts: names,
    allowFrom,
    state: expiresAt !== undefined && expiresAt.getTime() <= now ? 'expired' : 'active',
    createdAt: createdAt.toISOString(),
    createdBy,
    expiresAt: expiresAt?.toISOString() ?? null,
    leaseSeconds: leaseSeconds ?? null,
  }
}
