import { generateKeyPairSync } from 'node:crypto'
import { ConfigError } from '../../../shared/config.ts'
import type { Logger } from '../../../shared/log.ts'
import type { MasterKeys } from '../../../shared/secrets/master-keys.ts'
import { type MasterKey, seal } from '../../../shared/secrets/sealed.ts'
import { type SigningKey, signingKey } from '../history/verify/checkpoint.ts'
import { type Db, type DbTransaction, inTransaction } from '../store/admin-zones.ts'
import { keepCheckpointKey, readCheckpointKey } from '../store/checkpoints.ts'
import { holdMasterKeyCheck } from '../store/master-key-check.ts'
import { readPrivateFile } from './private-file.ts'

const PURPOSE = 'checkpoint-key'

/**
 * The key that signs checkpoints: that of `file` where one is given, else the database's, which is made when there is none. The private
 * key is stored sealed under the master key. Throws a ConfigError when the file cannot be used.
 */
export async function ensureCheckpointKey(
  db: Db,
  masterKeys: MasterKeys,
  file: string | undefined,
  log: Logger,
): Promise<SigningKey> {
  const given = file === undefined ? undefined : await keyFromFile(file)
  const stored = await readCheckpointKey(db)
  if (given === undefined && stored !== undefined) return unsealed(masterKeys, stored.sealedPrivateKey)
  if (given !== undefined && stored?.publicKey === given.key.public) return given.key
  const kept = await inTransaction(db, async (trx) => {
    const check = await holdMasterKeyCheck(trx)
    const inForce = check === undefined ? masterKeys.present! : masterKeys.thatSealed(check)
    const pem = given?.pem ?? newKey()
    const made = { publicKey: signingKey(pem).public, sealedPrivateKey: sealed(inForce, pem) }
    return await keepCheckpointKey(trx, made, given !== undefined)
  })
  log.info(
    { publicKey: kept.publicKey },
    'checkpoints of history are signed with this key: keep its public half elsewhere',
  )
  return unsealed(masterKeys, kept.sealedPrivateKey)
}

/** Seals the private key anew, with the other secrets. */
export async function resealCheckpointKey(
  trx: DbTransaction,
  masterKeys: MasterKeys,
  next: MasterKey,
): Promise<void> {
  const stored = await readCheckpointKey(trx)
  if (stored === undefined) return
  const pem = Buffer.from(masterKeys.open(PURPOSE, stored.sealedPrivateKey)).toString('utf8')
  await keepCheckpointKey(trx, { ...stored, sealedPrivateKey: sealed(next, pem) }, true)
}

function sealed(key: MasterKey, pem: string): Buffer {
  return Buffer.from(seal(key, PURPOSE, Buffer.from(pem, 'utf8')))
}

function unsealed(masterKeys: MasterKeys, octets: Uint8Array): SigningKey {
  return signingKey(Buffer.from(masterKeys.open(PURPOSE, octets)).toString('utf8'))
}

function newKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

async function keyFromFile(file: string): Promise<{ pem: string; key: SigningKey }> {
  const pem = await readPrivateFile(file)
  if (pem === undefined)
    throw new ConfigError(
      `ZONELOG_CHECKPOINT_KEY_FILE: there is no key in ${file} (openssl genpkey -algorithm ed25519)`,
    )
  try {
    return { pem, key: signingKey(pem) }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ConfigError(`ZONELOG_CHECKPOINT_KEY_FILE: ${file}: ${error.message}`)
  }
}
