import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'

export interface StoredSecret {
  readonly id: number
  readonly algorithm: string
  /** Sealed for `tsigSecretPurpose(name)`; undefined once it is revoked. */
  readonly sealed: Uint8Array | undefined
  readonly createdAt: Date
  readonly createdBy: string
  readonly expiresAt: Date | undefined
  readonly revokedAt: Date | undefined
}

export interface StoredKey {
  readonly name: Name
  readonly createdAt: Date
  readonly createdBy: string
  /** When all its secrets end at the latest. */
  readonly expiresAt: Date | undefined
  readonly leastMacOctets: number | undefined
  /** Newest first; never empty. */
  readonly secrets: readonly StoredSecret[]
}

export type NewSecret = Pick<StoredSecret, 'algorithm' | 'createdAt' | 'createdBy'> & {
  readonly sealed: Uint8Array
}

export async function allKeys(db: Kysely<Database>): Promise<StoredKey[]> {
  return grouped(await selectKeys(db).execute())
}

export async function findKey(db: Kysely<Database>, name: Name): Promise<StoredKey | undefined> {
  return grouped(await selectKeys(db).where('tsig_key.name', '=', name).execute())[0]
}

/** The key as it is, and stays until the transaction ends: neither changed nor named by a new rule. */
export async function lockKey(trx: Transaction<Database>, name: Name): Promise<StoredKey | undefined> {
  await trx.selectFrom('tsig_key').select('name').where('name', '=', name).forUpdate().execute()
  return await findKey(trx, name)
}

/** Of either kind. */
export async function keyNames(db: Kysely<Database>): Promise<Name[]> {
  const rows = await db
    .selectFrom('tsig_key')
    .select('name')
    .unionAll(db.selectFrom('sig0_key').select('name'))
    .orderBy('name')
    .execute()
  return rows.map((row) => nameOf(row.name))
}

/** Which of these keys exist, of either kind; they go on to exist until the transaction ends. */
export async function holdKeys(trx: Transaction<Database>, names: readonly Name[]): Promise<Set<Name>> {
  const held = new Set<Name>()
  for (const table of ['tsig_key', 'sig0_key'] as const) {
    const rows = await trx
      .selectFrom(table)
      .select('name')
      .where('name', '=', sql<string>`any(${names}::text[])`)
      .orderBy('name')
      .forKeyShare()
      .execute()
    for (const row of rows) held.add(nameOf(row.name))
  }
  return held
}

/** A key without secrets yet; false when one of that name exists. */
export async function insertKey(
  trx: Transaction<Database>,
  key: Pick<StoredKey, 'name' | 'createdAt' | 'createdBy' | 'expiresAt' | 'leastMacOctets'>,
): Promise<boolean> {
  const row = await trx
    .insertInto('tsig_key')
    .values({
      name: key.name,
      created_at: key.createdAt,
      created_by: key.createdBy,
      expires_at: key.expiresAt ?? null,
      least_mac_octets: key.leastMacOctets ?? null,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('name')
    .executeTakeFirst()
  return row !== undefined
}

/** Its id: a later secret has a higher one. */
export async function insertSecret(
  trx: Transaction<Database>,
  name: Name,
  { algorithm, sealed, createdAt, createdBy }: NewSecret,
): Promise<number> {
  const { id } = await trx
    .insertInto('tsig_secret')
    .values({
      key_name: name,
      algorithm,
      sealed: Buffer.from(sealed),
      created_at: createdAt,
      created_by: createdBy,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** Lets these secrets end then, unless they end before. */
export async function endSecrets(
  trx: Transaction<Database>,
  ids: readonly number[],
  at: Date,
): Promise<void> {
  await sql`
    update tsig_secret set expires_at = least(expires_at, ${at})
    where id = any(${ids}::bigint[])`.execute(trx)
}

/** Erases what these secrets are; that there were such stays. */
export async function eraseSecrets(
  trx: Transaction<Database>,
  ids: readonly number[],
  at: Date,
): Promise<void> {
  await sql`
    update tsig_secret set sealed = null, revoked_at = coalesce(revoked_at, ${at})
    where id = any(${ids}::bigint[])`.execute(trx)
}

/** Forgets secrets that are no more, with what is known of their use. */
export async function deleteSecrets(trx: Transaction<Database>, ids: readonly number[]): Promise<void> {
  await sql`delete from tsig_secret where id = any(${ids}::bigint[])`.execute(trx)
}

export async function saveKeySettings(
  trx: Transaction<Database>,
  { name, expiresAt, leastMacOctets }: Pick<StoredKey, 'name' | 'expiresAt' | 'leastMacOctets'>,
): Promise<void> {
  await trx
    .updateTable('tsig_key')
    .set({ expires_at: expiresAt ?? null, least_mac_octets: leastMacOctets ?? null })
    .where('name', '=', name)
    .execute()
}

export async function deleteKey(trx: Transaction<Database>, name: Name): Promise<void> {
  await trx.deleteFrom('tsig_key').where('name', '=', name).execute()
}

function selectKeys(db: Kysely<Database>) {
  return db
    .selectFrom('tsig_key')
    .innerJoin('tsig_secret', 'tsig_secret.key_name', 'tsig_key.name')
    .select([
      'tsig_key.name',
      'tsig_key.created_at',
      'tsig_key.created_by',
      'tsig_key.expires_at',
      'tsig_key.least_mac_octets',
      'tsig_secret.id',
      'tsig_secret.algorithm',
      'tsig_secret.sealed',
      'tsig_secret.created_at as secret_created_at',
      'tsig_secret.created_by as secret_created_by',
      'tsig_secret.expires_at as secret_expires_at',
      'tsig_secret.revoked_at',
    ])
    .orderBy('tsig_key.name')
    .orderBy('tsig_secret.id', 'desc')
}

type Row = Awaited<ReturnType<ReturnType<typeof selectKeys>['execute']>>[number]

function grouped(rows: readonly Row[]): StoredKey[] {
  const keys: (StoredKey & { secrets: StoredSecret[] })[] = []
  for (const row of rows) {
    const secret = secretFrom(row)
    const last = keys.at(-1)
    if (last?.name === row.name) last.secrets.push(secret)
    else
      keys.push({
        name: nameOf(row.name),
        createdAt: row.created_at,
        createdBy: row.created_by,
        expiresAt: row.expires_at ?? undefined,
        leastMacOctets: row.least_mac_octets ?? undefined,
        secrets: [secret],
      })
  }
  return keys
}

function secretFrom(row: Row): StoredSecret {
  return {
    id: row.id,
    algorithm: row.algorithm,
    sealed: row.sealed ?? undefined,
    createdAt: row.secret_created_at,
    createdBy: row.secret_created_by,
    expiresAt: row.secret_expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  }
}

/** Who made the key of this name, of whichever kind; undefined where there is none. */
/** By whom these keys were made, of either kind; those that are not there are left out. */
export async function createdByOfAll(
  db: Kysely<Database>,
  names: readonly Name[],
): Promise<Map<Name, string>> {
  const isAsked = sql<boolean>`name = any(${names}::text[])`
  const rows = await db
    .selectFrom('tsig_key')
    .select(['name', 'created_by'])
    .where(isAsked)
    .unionAll(db.selectFrom('sig0_key').select(['name', 'created_by']).where(isAsked))
    .execute()
  return new Map(rows.map((row) => [nameOf(row.name), row.created_by]))
}

export async function createdByOf(db: Kysely<Database>, name: Name): Promise<string | undefined> {
  for (const table of ['tsig_key', 'sig0_key'] as const) {
    const row = await db.selectFrom(table).select('created_by').where('name', '=', name).executeTakeFirst()
    if (row !== undefined) return row.created_by
  }
  return undefined
}
