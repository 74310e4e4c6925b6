import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'

/** A rule of a zone, as its owner wrote it. */
export interface RuleOfZone {
  readonly zone: Name
  /** From 0. */
  readonly position: number
  readonly rule: string
}

/** The rules whose identity (their second word) passes; each different identity is asked about once. */
export async function rulesWithIdentity(
  db: Kysely<Database>,
  passes: (identity: string) => boolean,
): Promise<RuleOfZone[]> {
  const identity = sql<string>`split_part(rule, ' ', 2)`
  const all = await db.selectFrom('update_rule').select(identity.as('identity')).distinct().execute()
  const wanted = all.map((row) => row.identity).filter(passes)
  if (wanted.length === 0) return []
  const rows = await db
    .selectFrom('update_rule')
    .innerJoin('zone', 'zone.id', 'update_rule.zone_id')
    .select(['zone.name', 'position', 'rule'])
    .where('zone.deleted_at', 'is', null)
    .where(identity, '=', sql<string>`any(${wanted}::text[])`)
    .orderBy('zone.name')
    .orderBy('position')
    .execute()
  return rows.map(({ name, position, rule }) => ({ zone: nameOf(name), position, rule }))
}

/** What a zone says of transfers, as its owner wrote it. */
export interface TransfersOfZone {
  readonly zone: Name
  readonly allowTransfer: readonly string[]
  readonly notify: readonly string[]
}

/** Of the zones that say anything. */
export async function transfersOfZones(db: Kysely<Database>): Promise<TransfersOfZone[]> {
  const rows = await db
    .selectFrom('zone')
    .select(['name', 'allow_transfer', 'notify'])
    .where('deleted_at', 'is', null)
    .where(sql<boolean>`cardinality(allow_transfer) + cardinality(notify) > 0`)
    .orderBy('name')
    .execute()
  return rows.map(({ name, allow_transfer, notify }) => ({
    zone: nameOf(name),
    allowTransfer: allow_transfer,
    notify,
  }))
}
