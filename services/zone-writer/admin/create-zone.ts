import type { Identity, Source } from '../../../shared/commands.ts'
import { canonicalName, type GivenName, type Name } from '../../../shared/dns/name.ts'
import type { Chunks } from '../../../shared/dns/zone-file-stream.ts'
import { NO_HASH } from '../../../shared/events/event-codec.ts'
import type { UpdateRule } from '../../../shared/rules/update-rule.ts'
import { DEFAULT_TRANSFERS, type TransferSettings } from '../../../shared/transfers/transfer-settings.ts'
import { type DbTransaction, findZone, insertZone, inTransaction } from '../store/admin-zones.ts'
import { markCatalog } from '../store/catalog-members.ts'
import { replaceRules } from '../store/rules.ts'
import { saveTransfers } from '../store/transfers.ts'
import type { Access } from './access.ts'
import { emptyCatalog } from './catalog-zones/member-records.ts'
import { syncCatalogZones } from './catalog-zones/sync.ts'
import { compareContents } from './contents/compare.ts'
import { stageContents } from './contents/staging.ts'
import { announceChange, type StoredChange, storeChange } from './contents/store-change.ts'
import { type AdminContext, afterCommit } from './context.ts'
import { done, type Failure, failure, type Outcome } from './failure.ts'
import { namingLack } from './keys/naming-lack.ts'
import { readName } from './names.ts'
import { rulesFrom } from './rules/allow-update.ts'
import { warningsAbout } from './rules/rule-warnings.ts'
import { type CheckedTransfers, checkTransfers, holdTransferNames } from './transfers.ts'

export interface ZoneRequest {
  readonly name: string
  /** The text of a zone file, which may stream in; without one the zone gets default contents (default-zone.ts). */
  readonly file?: Chunks
  /** Key names and address ranges that may update the whole zone. */
  readonly allowUpdate: readonly string[]
  /** What is left out has its default: nobody may transfer the zone, and its NS hosts are notified. */
  readonly transfers?: Partial<TransferSettings>
  /** Makes a catalog zone (RFC 9432), which zonelog fills with the other zones. */
  readonly isCatalog?: boolean
  /** Where the contents come from, for the event; left out, a zone file or the defaults. */
  readonly origin?: string
  readonly by: Identity
  readonly source: Source
  /** Left out: all zones are seen. */
  readonly access?: Access
}

export interface CreatedZone {
  readonly id: number
  readonly name: Name
  readonly serial: number
  readonly seq: number
  readonly records: number
  readonly rules: readonly string[]
  readonly transfers: TransferSettings
  readonly warnings: readonly string[]
}

interface Stored {
  readonly change: StoredChange
  readonly records: number
  readonly warnings: readonly string[]
}

/** Creates a zone with its contents, rules and first event in one transaction, then tells the edges. */
export async function createZone(admin: AdminContext, request: ZoneRequest): Promise<Outcome<CreatedZone>> {
  const apex = readName(request.name, 'zone')
  if (!apex.ok) return apex
  const fault = catalogFault(request)
  if (fault !== undefined) return fault
  const rules = rulesFrom(request.allowUpdate, canonicalName(apex.value))
  if (!rules.ok) return rules
  const transfers = checkTransfers(request.transfers ?? {})
  if (!transfers.ok) return transfers
  const stored = await inTransaction(admin.db, (trx) =>
    storeZone(trx, admin, apex.value, request, rules.value, transfers.value),
  )
  if (!stored.ok) return stored
  const { change, records, warnings } = stored.value
  await Promise.all([
    afterCommit(admin, 'zone in the catalog', () => admin.catalog.zoneChanged(change.zoneId)),
    announceChange(admin, change),
    afterCommit(admin, 'catalog zones', () => syncCatalogZones(admin)),
  ])
  return done({
    id: change.zoneId,
    name: canonicalName(apex.value),
    serial: change.serial,
    seq: change.seq,
    records,
    rules: rules.value.map((rule) => rule.text),
    transfers: { ...DEFAULT_TRANSFERS, ...transfers.value.settings },
    warnings,
  })
}

async function storeZone(
  trx: DbTransaction,
  admin: AdminContext,
  apex: GivenName,
  request: ZoneRequest,
  rules: readonly UpdateRule[],
  transfers: CheckedTransfers,
): Promise<Outcome<Stored>> {
  const name = canonicalName(apex)
  // before the file comes in, which may take minutes; insertZone below is what decides
  if ((await findZone(trx, name)) !== undefined) return zoneExists(name)
  const held = await holdTransferNames(trx, transfers, request.access)
  if (!held.ok) return held
  const lack = await namingLack(trx, request.access, { rules })
  if (lack !== undefined) return lack
  const file = request.isCatalog ? [emptyCatalog(apex)] : request.file
  const staged = await stageContents(trx, apex, file)
  if (!staged.ok) return staged
  const { soa, records, warnings } = staged.value
  const change = await compareContents(trx, name, soa, undefined, admin.now())
  if (!change.ok) return change
  const id = await insertZone(trx, name, NO_HASH)
  if (id === undefined) return zoneExists(name)
  const byDefault = request.file === undefined ? 'with default contents' : 'from a zone file'
  const origin = request.origin ?? byDefault
  const stored = await storeChange(trx, admin, { id, name, seq: 0, serial: 0, hash: NO_HASH }, change.value, {
    kind: 'create',
    by: request.by,
    source: request.source,
    detail: `created ${origin}: ${records} records`,
  })
  await saveTransfers(trx, id, transfers.settings)
  if (request.isCatalog) await markCatalog(trx, id)
  const texts = rules.map((rule) => rule.text)
  if (texts.length > 0)
    await replaceRules(trx, id, {
      at: new Date(admin.now()),
      by: request.by,
      change: 'created',
      detail: 'with the zone',
      rules: texts,
    })
  return done({
    change: stored,
    records,
    warnings: [...warnings, ...(await warningsAbout(trx, rules, request.access))],
  })
}

function catalogFault({ isCatalog, file, allowUpdate }: ZoneRequest): Failure | undefined {
  if (!isCatalog || (file === undefined && allowUpdate.length === 0)) return undefined
  return failure(
    'bad-transfer',
    'A catalog zone is kept by zonelog itself: it takes no zone file, and nobody may update it.',
  )
}

export function zoneExists(name: Name): Failure {
  return failure(
    'zone-exists',
    `There is a zone ${name} already; \`zonelog zone show ${name}\` describes it, \`zonelog zone import\` replaces its contents.`,
  )
}
