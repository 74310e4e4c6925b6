import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import { type Name, nameOf, parentOf } from '../../../shared/dns/name.ts'

/** A rule of a zone, as its owner wrote it. */
export interface RuleOfZone {
  readonly zone: Name
  /** From 0. */
  readonly position: number
  readonly rule: string
}

/** The rules that name this key, or that may mean it with others: by a wildcard, or by asking for any key's own name. */
export async function rulesAboutKey(db: Kysely<Database>, key: Name): Promise<RuleOfZone[]> {
  const rows = await selectRules(db)
    .where((where) =>
      where.or([
        where(IDENTITY, '=', anyOf(identitiesOf(key))),
        where.and([where(IDENTITY, '=', '*'), where(sql<string>`split_part(rule, ' ', 3)`, 'like', 'self%')]),
      ]),
    )
    .execute()
  return rows.map(toRule)
}

/** The rules of these zones. */
export async function rulesOfZones(db: Kysely<Database>, zones: readonly Name[]): Promise<RuleOfZone[]> {
  const rows = await selectRules(db).where('zone.name', '=', anyOf(zones)).execute()
  return rows.map(toRule)
}

// the second word, without the addresses that it may ask for; as in the index update_rule_identity, or that is not used
const IDENTITY = sql<string>`regexp_replace(lower(split_part(rule, ' ', 2)), '\\+ip:[^+]*$', '')`

/** The key, and each wildcard above it, with the final dot and without. */
function identitiesOf(key: Name): string[] {
  const all: string[] = [key]
  for (let above = parentOf(key); above !== undefined; above = parentOf(above))
    all.push(above === '.' ? '*.' : `*.${above}`)
  return all.flatMap((name) => (name === '*.' || name === '.' ? [name] : [name, name.slice(0, -1)]))
}

function selectRules(db: Kysely<Database>) {
  return db
    .selectFrom('update_rule')
    .innerJoin('zone', 'zone.id', 'update_rule.zone_id')
    .select(['zone.name', 'position', 'rule'])
    .where('zone.deleted_at', 'is', null)
    .orderBy('zone.name')
    .orderBy('position')
}

function toRule({ name, ...row }: { name: string; position: number; rule: string }): RuleOfZone {
  return { zone: nameOf(name), ...row }
}

/** What a zone says of transfers, as its owner wrote it. */
export interface TransfersOfZone {
  readonly zone: Name
  readonly allowTransfer: readonly string[]
  readonly notify: readonly string[]
}

/** Of the zones whose transfers name this key. */
export async function transfersNaming(db: Kysely<Database>, key: Name): Promise<TransfersOfZone[]> {
  const names = anyOf(key === '.' ? [key] : [key, key.slice(0, -1)])
  const rows = await selectTransfers(db)
    .where(
      sql<boolean>`exists (
        select from unnest(allow_transfer || notify) as said
        where said = ${names} or regexp_replace(said, '\\+[^+]*$', '') = ${names})`,
    )
    .execute()
  return rows.map(toTransfers)
}

export async function transfersOfZones(
  db: Kysely<Database>,
  zones: readonly Name[],
): Promise<TransfersOfZone[]> {
  return (await selectTransfers(db).where('name', '=', anyOf(zones)).execute()).map(toTransfers)
}

function selectTransfers(db: Kysely<Database>) {
  return db
    .selectFrom('zone')
    .select(['name', 'allow_transfer', 'notify'])
    .where('deleted_at', 'is', null)
    .where(sql<boolean>`cardinality(allow_transfer) + cardinality(notify) > 0`)
    .orderBy('name')
}

function toTransfers(row: { name: string; allow_transfer: string[]; notify: string[] }): TransfersOfZone {
  return { zone: nameOf(row.name), allowTransfer: row.allow_transfer, notify: row.notify }
}

function anyOf(texts: readonly string[]) {
  return sql<string>`any(${texts}::text[])`
}
