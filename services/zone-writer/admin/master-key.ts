import { randomBytes } from 'node:crypto'
import { sealMasterKeyCheck } from '../../../shared/catalog-meta.ts'
import type { Logger } from '../../../shared/log.ts'
import { type MasterKeyPlaces, MasterKeys, placeText } from '../../../shared/secrets/master-keys.ts'
import type { Db } from '../store/admin-zones.ts'
import { withMasterKeyCheck } from '../store/master-key-check.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

/**
 * The master keys of this writer. A new installation gets one, written to its file; an installation whose secrets are sealed
 * already needs the very key: throws a SecretError that says what to do when it is missing or another.
 */
export async function ensureMasterKey(db: Db, places: MasterKeyPlaces, log: Logger): Promise<MasterKeys> {
  let keys: MasterKeys | undefined
  await withMasterKeyCheck(db, async (sealed) => {
    if (sealed === undefined) await makeMissing(places, log)
    keys = MasterKeys.read(places)
    if (sealed === undefined) return sealMasterKeyCheck(keys.present!)
    const inForce = keys.thatSealed(sealed)
    if (Buffer.compare(inForce, keys.present!) !== 0)
      log.warn(
        { next: placeText(places.next), present: placeText(places.present) },
        'secrets are sealed under the next master key: put it in the place of the present one',
      )
    return sealed
  })
  return keys!
}

async function makeMissing({ present }: MasterKeyPlaces, log: Logger): Promise<void> {
  if (present.kind !== 'file' || (await readPrivateFile(present.file)) !== undefined) return
  await writePrivateFile(present.file, randomBytes(32).toString('base64'))
  log.info(
    { file: present.file },
    'made the master key that seals TSIG secrets: edges need a copy, backups too',
  )
}
