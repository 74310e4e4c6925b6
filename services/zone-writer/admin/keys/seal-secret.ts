import type { Name } from '../../../../shared/dns/name.ts'
import type { MasterKeys } from '../../../../shared/secrets/master-keys.ts'
import { type MasterKey, seal, tsigSecretPurpose } from '../../../../shared/secrets/sealed.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { holdMasterKeyCheck } from '../../store/master-key-check.ts'
import type { AdminContext } from '../context.ts'

/**
 * Seals a secret of this key under the master key that is in force, which stays so until the transaction ends. Throws a
 * SecretError when this writer does not have it.
 */
export async function sealSecret(
  { masterKeys }: AdminContext,
  trx: DbTransaction,
  name: Name,
  secret: Uint8Array,
): Promise<Uint8Array> {
  return seal(await masterKeyInForce(masterKeys, trx), tsigSecretPurpose(name), secret)
}

/** A secret of this key as it is. */
export function openSecret({ masterKeys }: AdminContext, name: Name, sealed: Uint8Array): Uint8Array {
  return masterKeys.open(tsigSecretPurpose(name), sealed)
}

async function masterKeyInForce(masterKeys: MasterKeys, trx: DbTransaction): Promise<MasterKey> {
  const check = await holdMasterKeyCheck(trx)
  return check === undefined ? masterKeys.present! : masterKeys.thatSealed(check)
}
