import { Class } from '../../../shared/dns/codes.ts'
import { canonicalName } from '../../../shared/dns/name.ts'
import { recordToText } from '../../../shared/dns/zone-file-text.ts'
import { movedName } from '../history/rebuild/moved-name.ts'
import type { RebuildProgress } from '../history/rebuild/report.ts'
import {
  type DbTransaction,
  findZone,
  inLongTransaction,
  type ZoneWithHistory,
} from '../store/admin-zones.ts'
import { foldedRRsets } from '../store/folded-rrsets.ts'
import { storedZone } from '../store/verification.ts'
import type { AdminContext } from './context.ts'
import { type CreatedZone, createZone, zoneExists } from './create-zone.ts'
import { failure, type Outcome } from './failure.ts'
import { nameWithId, readName } from './names.ts'
import { openedFold, type Rebuilder } from './rebuild-zone.ts'

const PIECE = 1 << 16

/**
 * Makes a new zone of what the events of another, living or deleted, add up to; a history that was cut, or that a checkpoint
 * contradicts, is refused. Owners are moved below the new name; RDATA stays octet
 * for octet. The new zone's first event names its origin; rules and settings are no history and are not taken over.
 */
export async function* rebuildInto(
  admin: AdminContext,
  zone: ZoneWithHistory,
  into: string,
  who: Rebuilder,
  publicKeys: string,
): AsyncGenerator<RebuildProgress | Outcome<CreatedZone>> {
  const name = readName(into, 'zone')
  if (!name.ok) return yield name
  const apex = name.value
  // before a long fold; what decides is createZone
  if ((await findZone(admin.db, canonicalName(apex))) !== undefined)
    return yield zoneExists(canonicalName(apex))
  yield* inLongTransaction(admin.db, 'repeatable read', async function* (trx) {
    const fold = await openedFold(trx, zone, publicKeys)
    for await (const seq of fold.follow()) yield { seq, of: zone.seq }
    const stored = await storedZone(trx, zone.id)
    const broken = fold.fault ?? fold.missing(stored?.seq ?? 0)
    if (broken !== undefined) return yield brokenHistory(zone, broken.message)
    const { seq, serial } = fold.end
    yield await createZone(admin, {
      name: apex,
      file: movedLines(trx, zone.name, apex),
      origin: `from the history of ${nameWithId(zone)}, event ${seq}, serial ${serial}`,
      allowUpdate: [],
      ...who,
    })
  })
}

export function brokenHistory(zone: ZoneWithHistory, message: string): Outcome<never> {
  return failure(
    'history-broken',
    `The history of ${nameWithId(zone)} cannot be followed: ${message}. \`zonelog verify ${nameWithId(zone)}\` says more; restore the event from a backup or an export.`,
  )
}

/** What was folded as the lines of a zone file, with owners moved from below one apex to below another. */
async function* movedLines(trx: DbTransaction, from: string, to: string): AsyncGenerator<string> {
  let piece = ''
  for await (const rrsets of foldedRRsets(trx)) {
    for (const { name, type, ttl, rdata } of rrsets)
      for (const one of rdata)
        piece += `${recordToText({ name: movedName(name, from, to), type, class: Class.IN, ttl, rdata: one })}\n`
    if (piece.length < PIECE) continue
    yield piece
    piece = ''
  }
  yield piece
}
