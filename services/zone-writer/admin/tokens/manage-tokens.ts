import type { Identity } from '../../../../shared/commands.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import { nearest } from '../../../../shared/nearest.ts'
import { type Db, inTransaction } from '../../store/admin-zones.ts'
import {
  insertToken,
  revokeStoredToken,
  type StoredToken,
  tokenNamed,
  tokenNames,
  tokensAfter,
} from '../../store/tokens.ts'
import type { Role } from '../access.ts'
import { recordAudit } from '../audit.ts'
import type { AdminContext } from '../context.ts'
import { done, type Failure, failure, type Outcome } from '../failure.ts'
import { readExpiry } from '../keys/key-moment.ts'
import { readCanonicalName } from '../names.ts'
import { hashOfToken, newTokenSecret } from './token-secret.ts'

export interface TokenRequest {
  readonly name: string
  readonly role: Role
  /** All zones where left out. */
  readonly zones?: readonly string[]
  /** ISO 8601; never unless given. */
  readonly expiresAt?: string | null
}

export interface TokenDescription {
  readonly name: string
  readonly role: Role
  /** Null for all zones. */
  readonly zones: readonly string[] | null
  readonly state: 'active' | 'expired' | 'revoked'
  readonly createdAt: string
  readonly createdBy: string
  readonly expiresAt: string | null
  /** Within ten minutes. */
  readonly lastUsedAt: string | null
}

export interface CreatedToken extends TokenDescription {
  /** This answer is the only one that ever holds it. */
  readonly secret: string
}

/** Makes a token; what is stored is a hash. Its zones need not be there yet. */
export async function createToken(
  admin: AdminContext,
  request: TokenRequest & { readonly by: Identity },
): Promise<Outcome<CreatedToken>> {
  const { name, role, by } = request
  const zones = readZones(request.zones)
  if (!zones.ok) return zones
  const expiresAt = readExpiry(request.expiresAt ?? null, admin.now())
  if (!expiresAt.ok)
    return failure('bad-token', `'${request.expiresAt}' is no time to come such as 2027-01-31T12:00:00Z.`)
  const secret = newTokenSecret()
  const row: StoredToken = {
    name,
    hash: hashOfToken(secret),
    role,
    zones: zones.value,
    createdAt: new Date(admin.now()),
    createdBy: by,
    expiresAt: expiresAt.value,
    lastUsedAt: undefined,
    revokedAt: undefined,
  }
  const isNew = await inTransaction(admin.db, async (trx) => {
    if (!(await insertToken(trx, row))) return false
    const detail = `${role} of ${zones.value?.join(', ') ?? 'all zones'}, ${untilText(expiresAt.value)}`
    await recordAudit(trx, { at: row.createdAt, by, subject: 'token', name, change: 'created', detail })
    return true
  })
  if (!isNew)
    return failure(
      'token-exists',
      `There is, or was, a token ${name}; events and changes name it, so choose another name.`,
    )
  admin.log.info({ token: name, role, zones: zones.value, by }, 'API token created')
  return done({ ...describeToken(row, admin.now()), secret })
}

/** A page of tokens by name; `next` is what to pass as `after` for the following one. */
export async function listTokens(
  db: Db,
  limit: number,
  after: string | undefined,
  now: number,
): Promise<{ tokens: TokenDescription[]; next: string | undefined }> {
  const rows = await tokensAfter(db, limit, after)
  return {
    tokens: rows.map((row) => describeToken(row, now)),
    next: rows.length === limit ? rows.at(-1)?.name : undefined,
  }
}

/** Ends a token for ever. It stays in the list, and its name stays taken. */
export async function revokeToken(
  admin: AdminContext,
  name: string,
  by: Identity,
): Promise<Outcome<TokenDescription>> {
  const now = new Date(admin.now())
  const revoked = await inTransaction(admin.db, async (trx) => {
    const row = await revokeStoredToken(trx, name, now)
    if (row !== undefined)
      await recordAudit(trx, { at: now, by, subject: 'token', name, change: 'revoked', detail: '' })
    return row
  })
  if (revoked === undefined) return await notRevoked(admin.db, name, admin.now())
  admin.log.info({ token: name, by }, 'API token revoked')
  return done(describeToken(revoked, admin.now()))
}

/** Revoking twice is no fault. */
async function notRevoked(db: Db, name: string, now: number): Promise<Outcome<TokenDescription>> {
  const row = await tokenNamed(db, name)
  return row === undefined ? await noToken(db, name) : done(describeToken(row, now))
}

async function noToken(db: Db, name: string): Promise<Failure> {
  const near = nearest(name, await tokenNames(db))
  const hint = near === undefined ? '; `zonelog token list` names those there are' : `; did you mean ${near}?`
  return failure('token-not-found', `There is no token ${name}${hint}`)
}

function readZones(texts: readonly string[] | undefined): Outcome<readonly Name[] | undefined> {
  if (texts === undefined) return done(undefined)
  const zones = new Set<Name>()
  for (const text of texts) {
    const name = readCanonicalName(text, 'zone')
    if (!name.ok) return name
    zones.add(name.value)
  }
  return done([...zones])
}

function untilText(end: Date | undefined): string {
  return end === undefined ? 'without an end' : `until ${end.toISOString()}`
}

function describeToken(row: StoredToken, now: number): TokenDescription {
  const hasExpired = row.expiresAt !== undefined && row.expiresAt.getTime() <= now
  return {
    name: row.name,
    role: row.role,
    zones: row.zones ?? null,
    state: row.revokedAt !== undefined ? 'revoked' : hasExpired ? 'expired' : 'active',
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  }
}
