import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import type { GivenName, Name } from '../../../shared/dns/name.ts'
import { nameOf } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'

/** A zone that a catalog zone lists. */
export interface CatalogMember {
  readonly id: number
  readonly name: Name
  /** Empty for none. */
  readonly group: string
}

export async function markCatalog(trx: Transaction<Database>, zoneId: number): Promise<void> {
  await trx.updateTable('zone').set({ is_catalog: true }).where('id', '=', zoneId).execute()
}

export async function isCatalogZone(db: Kysely<Database>, name: string): Promise<boolean> {
  const row = await db
    .selectFrom('zone')
    .select('is_catalog')
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row?.is_catalog ?? false
}

export async function catalogZoneIds(db: Kysely<Database>): Promise<number[]> {
  const rows = await db
    .selectFrom('zone')
    .select('id')
    .where('is_catalog', '=', true)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

/** The zones that a catalog zone should list. */
export async function membersOf(db: Kysely<Database>, catalog: Name): Promise<CatalogMember[]> {
  const rows = await db
    .selectFrom('zone')
    .select(['id', 'name', 'catalog_group as group'])
    .where('deleted_at', 'is', null)
    .where('is_catalog', '=', false)
    .where((where) => where.or([where('catalog', 'is', null), where('catalog', '=', catalog)]))
    .orderBy('id')
    .execute()
  return rows.map(({ id, name, group }) => ({ id, name: nameOf(name), group: group ?? '' }))
}

/** All that a zone of moderate size holds. */
export async function allRRsets(db: Kysely<Database>, zoneId: number): Promise<RRset[]> {
  const rows = await db
    .selectFrom('rrset')
    .select(['owner_as_given', 'type', 'ttl', 'rdata'])
    .where('zone_id', '=', zoneId)
    .orderBy(sql`owner`)
    .execute()
  return rows.map(({ owner_as_given, type, ttl, rdata }) => ({
    name: owner_as_given as GivenName,
    type,
    ttl,
    rdata,
  }))
}
