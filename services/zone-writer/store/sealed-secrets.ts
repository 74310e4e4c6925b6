import { sql, type Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'

/** A secret as it lies in the database. */
export interface SealedSecret {
  readonly id: number
  readonly keyName: Name
  readonly sealed: Uint8Array
}

const AT_ONCE = 5_000

/** Every secret that is not revoked; they stay as they are until the transaction ends. */
export async function lockSealedSecrets(trx: Transaction<Database>): Promise<SealedSecret[]> {
  const rows = await trx
    .selectFrom('tsig_secret')
    .select(['id', 'key_name', 'sealed'])
    .where('sealed', 'is not', null)
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map(({ id, key_name, sealed }) => ({ id, keyName: nameOf(key_name), sealed: sealed! }))
}

export async function replaceSealedSecrets(
  trx: Transaction<Database>,
  secrets: readonly Pick<SealedSecret, 'id' | 'sealed'>[],
): Promise<void> {
  for (let start = 0; start < secrets.length; start += AT_ONCE) {
    const some = secrets.slice(start, start + AT_ONCE)
    const ids = some.map(({ id }) => id)
    const sealed = some.map((secret) => Buffer.from(secret.sealed))
    await sql`
      update tsig_secret set sealed = fresh.sealed
      from unnest(${ids}::bigint[], ${sealed}::bytea[]) as fresh (id, sealed)
      where tsig_secret.id = fresh.id`.execute(trx)
  }
}
