import type { Name } from '../../../../shared/dns/name.ts'
import { nearest } from '../../../../shared/nearest.ts'
import type { Db, DbTransaction } from '../../store/admin-zones.ts'
import { findKey, keyNames, lockKey, type StoredKey } from '../../store/keys.ts'
import { findSig0Key } from '../../store/sig0-keys.ts'
import { done, type Failure, failure, type Outcome } from '../failure.ts'
import { readCanonicalName } from '../names.ts'

/** The key of that name; the failure names the nearest that there is. */
export async function keyNamed(db: Db, text: string): Promise<Outcome<StoredKey>> {
  const name = readCanonicalName(text, 'key')
  if (!name.ok) return name
  const key = await findKey(db, name.value)
  return key === undefined ? await noKey(db, name.value) : done(key)
}

/** As {@link keyNamed}; nobody else changes it, or lets a new rule name it, until the transaction ends. */
export async function lockedKey(trx: DbTransaction, text: string): Promise<Outcome<StoredKey>> {
  const name = readCanonicalName(text, 'key')
  if (!name.ok) return name
  const key = await lockKey(trx, name.value)
  return key === undefined ? await noKey(trx, name.value) : done(key)
}

async function noKey(db: Db, name: Name): Promise<Failure> {
  if ((await findSig0Key(db, name)) !== undefined)
    return failure(
      'bad-key',
      `The key ${name} is a public key of SIG(0), which has no secrets here: \`zonelog key delete\` ends it, and its owner makes another.`,
    )
  const names = await keyNames(db)
  const near = nearest(name, names)
  const hint =
    near !== undefined
      ? `did you mean ${near}?`
      : names.length === 0
        ? `create it: zonelog key create ${name.slice(0, -1)}`
        : '`zonelog key list` names those there are.'
  return failure('key-not-found', `There is no key ${name} here; ${hint}`)
}
