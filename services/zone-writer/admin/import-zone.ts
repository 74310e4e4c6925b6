import type { Identity, Source } from '../../../shared/commands.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { serialOf } from '../../../shared/dns/soa.ts'
import type { Chunks } from '../../../shared/dns/zone-file-stream.ts'
import { type DbTransaction, inTransaction } from '../store/admin-zones.ts'
import { forgetSince, markHere } from '../store/savepoints.ts'
import { lockZones, type ZoneHead } from '../store/zones.ts'
import { type Change, compareContents } from './contents/compare.ts'
import { type Staged, stageContents } from './contents/staging.ts'
import { announceChange, type StoredChange, storeChange } from './contents/store-change.ts'
import type { AdminContext } from './context.ts'
import { done, failure, type Outcome } from './failure.ts'
import { zoneNamed } from './names.ts'

export interface ImportRequest {
  readonly name: string
  readonly file: Chunks
  readonly by: Identity
  readonly source: Source
}

export interface ImportedZone {
  readonly id: number
  readonly name: Name
  readonly serialBefore: number
  /** As before when nothing changed. */
  readonly serial: number
  readonly seq: number
  /** What the zone has now, and what was changed for it; the SOA counts in the first only. */
  readonly records: number
  readonly removed: number
  readonly added: number
  readonly warnings: readonly string[]
}

/** Replaces a zone's contents by those of a zone file, as one event, in one transaction, then tells the edges. */
export async function importZone(
  admin: AdminContext,
  request: ImportRequest,
): Promise<Outcome<ImportedZone>> {
  const imported = await inTransaction(admin.db, async (trx) => {
    const zone = await zoneNamed(trx, request.name)
    if (!zone.ok) return zone
    const { id, name } = zone.value
    const staged = await stageContents(trx, name, request.file)
    if (!staged.ok) return staged
    const found = await lockedChange(trx, id, name, staged.value, admin.now)
    if (!found.ok) return found
    const { head, change } = found.value
    const { removed, added } = change.diff
    const stored = await storeChange(trx, admin, head, change, {
      kind: 'import',
      by: request.by,
      source: request.source,
      detail: `contents replaced by a zone file: ${removed} records removed, ${added} added`,
    })
    return done({ stored, result: describe(head, stored, staged.value, change) })
  })
  if (!imported.ok) return imported
  await announceChange(admin, imported.value.stored)
  return done(imported.value.result)
}

const UNLOCKED_ATTEMPTS = 3

/**
 * The change, with the zone locked and as it was when the change was found. Finding it takes long in a large zone, so that is done
 * without the lock, which would hold up updates, unless updates keep coming in between.
 */
async function lockedChange(
  trx: DbTransaction,
  id: number,
  name: Name,
  { soa }: Staged,
  now: () => number,
): Promise<Outcome<{ head: ZoneHead; change: Change }>> {
  for (let attempt = 1; ; attempt++) {
    await markHere(trx, 'found')
    const mayHaveMoved = attempt <= UNLOCKED_ATTEMPTS
    const seen = mayHaveMoved ? await zoneNamed(trx, name) : done((await lockZones(trx, [id]))[0])
    if (!seen.ok) return seen
    const change = await compareContents(trx, name, soa, id, now())
    if (!change.ok) return change
    const [head] = await lockZones(trx, [id])
    if (head === undefined || head.deleted)
      return failure('zone-not-found', `The zone ${name} was deleted while the file came in.`)
    if (head.seq === seen.value?.seq) return done({ head, change: change.value })
    await forgetSince(trx, 'found')
  }
}

function describe(head: ZoneHead, stored: StoredChange, staged: Staged, change: Change): ImportedZone {
  const given = serialOf(staged.soa.rdata[0]!)
  const warnings =
    stored.serial === given || change.newSoa === undefined
      ? []
      : [`the file's serial ${given} is not later than ${head.serial}: the zone's is ${stored.serial} now`]
  return {
    id: head.id,
    name: head.name,
    serialBefore: head.serial,
    serial: stored.serial,
    seq: stored.seq,
    records: staged.records,
    removed: change.diff.removed,
    added: change.diff.added,
    warnings: [...staged.warnings, ...warnings],
  }
}
