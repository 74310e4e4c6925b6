import type { Name } from '../../../../shared/dns/name.ts'
import { open, seal, tsigSecretPurpose } from '../../../../shared/secrets/sealed.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import type { AdminContext } from '../context.ts'

/** Seals a secret of this key for the database. */
export async function sealSecret(
  admin: AdminContext,
  _trx: DbTransaction,
  name: Name,
  secret: Uint8Array,
): Promise<Uint8Array> {
  return seal(admin.masterKey, tsigSecretPurpose(name), secret)
}

/** A secret of this key as it is. */
export async function openSecret(
  admin: AdminContext,
  _trx: DbTransaction,
  name: Name,
  sealed: Uint8Array,
): Promise<Uint8Array> {
  return open(admin.masterKey, tsigSecretPurpose(name), sealed)
}
