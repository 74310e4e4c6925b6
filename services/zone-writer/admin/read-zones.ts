import { typeToText } from '../../../shared/dns/codes.ts'
import { rrsetLines } from '../../../shared/dns/zone-file-text.ts'
import { DEFAULT_TRANSFERS, type TransferSettings } from '../../../shared/transfers/transfer-settings.ts'
import type { ZoneSettings } from '../../../shared/zone-settings.ts'
import {
  countRecords,
  countTypes,
  type Db,
  inSnapshot,
  type ZoneSummary,
  type ZonesWanted,
  zonePage,
} from '../store/admin-zones.ts'
import { rrsetsInCanonicalOrder } from '../store/canonical-order.ts'
import { countLeases } from '../store/kept-leases.ts'
import { loadRules } from '../store/rules.ts'
import { loadTransfers } from '../store/transfers.ts'
import { readSettings } from '../store/zones.ts'
import { done, type Outcome } from './failure.ts'
import { zoneNamed } from './names.ts'

export interface ZoneDescription {
  readonly id: number
  readonly name: string
  readonly serial: number
  /** Sequence number of the newest event: how many the zone has. */
  readonly seq: number
  readonly records: number
  /** Update rules in order; first match wins. */
  readonly rules: readonly string[]
  /** ISO 8601. */
  readonly createdAt: string
}

export interface ZoneDetails extends ZoneDescription {
  /** Records by type. */
  readonly types: Readonly<Record<string, number>>
  readonly settings: ZoneSettings
  readonly transfers: TransferSettings
  /** Values that have a lease; left out in a zone that grants none. */
  readonly leases?: { readonly running: number; readonly held: number; readonly nextEnd?: string }
}

/** A page of zones by name; `next` is what to pass as `after` for the following one. */
export async function listZones(
  db: Db,
  { limit, ...wanted }: { limit: number } & ZonesWanted,
): Promise<{ zones: ZoneDescription[]; next: string | undefined }> {
  return await inSnapshot(db, async (trx) => {
    const page = await zonePage(trx, limit, wanted)
    const ids = page.map((zone) => zone.id)
    const [records, rules] = [await countRecords(trx, ids), await loadRules(trx, ids)]
    const zones = page.map((zone) => describe(zone, records.get(zone.id) ?? 0, rules.get(zone.id) ?? []))
    return { zones, next: page.length === limit ? page.at(-1)?.name : undefined }
  })
}

export async function showZone(db: Db, name: string): Promise<Outcome<ZoneDetails>> {
  return await inSnapshot(db, async (trx) => {
    const zone = await zoneNamed(trx, name)
    if (!zone.ok) return zone
    const counts = await countTypes(trx, zone.value.id)
    const rules = await loadRules(trx, [zone.value.id])
    const records = [...counts.values()].reduce((sum, count) => sum + count, 0)
    const types = Object.fromEntries([...counts].map(([type, count]) => [typeToText(type), count]))
    const settings = await readSettings(trx, zone.value.id)
    const transfers = (await loadTransfers(trx, [zone.value.id])).get(zone.value.id) ?? DEFAULT_TRANSFERS
    const description = describe(zone.value, records, rules.get(zone.value.id) ?? [])
    const leases = settings.leases.longest === 0 ? undefined : await leasesOf(trx, zone.value.id)
    return done({ ...description, types, settings, transfers, ...(leases && { leases }) })
  })
}

async function leasesOf(db: Db, zoneId: number): Promise<NonNullable<ZoneDetails['leases']>> {
  const { running, held, nextAt } = await countLeases(db, zoneId)
  return { running, held, ...(nextAt === null ? {} : { nextEnd: nextAt.toISOString() }) }
}

/** The zone as the lines of a zone file, all of one moment; whoever takes them must take all, or end the generator. */
export async function exportZone(db: Db, name: string): Promise<Outcome<AsyncGenerator<string>>> {
  const zone = await zoneNamed(db, name)
  if (!zone.ok) return zone
  return done(zoneLines(db, zone.value))
}

async function* zoneLines(db: Db, { id, name }: ZoneSummary): AsyncGenerator<string> {
  for await (const rrset of rrsetsInCanonicalOrder(db, id, name)) yield* rrsetLines(rrset)
}

function describe(zone: ZoneSummary, records: number, rules: readonly string[]): ZoneDescription {
  const { id, name, serial, seq } = zone
  return { id, name, serial, seq, records, rules, createdAt: zone.createdAt.toISOString() }
}
