import { randomBytes } from 'node:crypto'
import { checkMasterKey, sealMasterKeyCheck } from '../../../shared/catalog-meta.ts'
import type { Logger } from '../../../shared/log.ts'
import { type MasterKey, readMasterKey } from '../../../shared/secrets/sealed.ts'
import type { Db } from '../store/admin-zones.ts'
import { withMasterKeyCheck } from '../store/master-key-check.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

export interface CheckedMasterKey {
  readonly masterKey: MasterKey
  /** For the catalog, so that edges can check theirs. */
  readonly masterKeyCheck: Uint8Array
}

/**
 * The master key of this installation. A new installation gets one, written to `file`; an installation whose secrets are sealed
 * already needs the very key: throws a SecretError that says what to do when it is missing or another.
 */
export async function ensureMasterKey(db: Db, file: string, log: Logger): Promise<CheckedMasterKey> {
  let checked: CheckedMasterKey | undefined
  await withMasterKeyCheck(db, async (sealed) => {
    if (sealed === undefined && (await readPrivateFile(file)) === undefined) {
      await writePrivateFile(file, randomBytes(32).toString('base64'))
      log.info({ file }, 'made the master key that seals TSIG secrets: edges need a copy, backups too')
    }
    const masterKey = readMasterKey(file)
    if (sealed !== undefined) checkMasterKey(masterKey, sealed, file)
    checked = { masterKey, masterKeyCheck: sealed ?? sealMasterKeyCheck(masterKey) }
    return checked.masterKeyCheck
  })
  return checked!
}
