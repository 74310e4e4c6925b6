import type { Identity, Source } from '../../../shared/commands.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { serialOf } from '../../../shared/dns/soa.ts'
import type { Chunks } from '../../../shared/dns/zone-file-stream.ts'
import { inTransaction } from '../store/admin-zones.ts'
import type { ZoneHead } from '../store/zones.ts'
import { type Change, compareContents } from './contents/compare.ts'
import { lockedChange } from './contents/locked-change.ts'
import { type Staged, stageContents } from './contents/staging.ts'
import { announceChange, type StoredChange, storeChange } from './contents/store-change.ts'
import type { AdminContext } from './context.ts'
import { done, type Outcome } from './failure.ts'
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
    const found = await lockedChange(trx, zone.value, (looking) =>
      compareContents(looking, name, staged.value.soa, id, admin.now()),
    )
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
