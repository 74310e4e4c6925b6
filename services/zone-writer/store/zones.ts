import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { parseRule, type UpdateRule } from '../../../shared/rules/update-rule.ts'

/** A zone's row: the lock and the sequence number that make two writers safe. */
export interface ZoneHead {
  readonly id: number
  readonly name: Name
  readonly seq: number
  readonly serial: number
  readonly hash: Uint8Array
  readonly deleted: boolean
}

/** A zone's row with its update rules in order. */
export interface ZoneRow extends ZoneHead {
  readonly rules: readonly UpdateRule[]
}

/** Locks the rows of these zones in one order, so that two transactions cannot wait for each other. */
export async function lockZones(trx: Transaction<Database>, ids: readonly number[]): Promise<ZoneRow[]> {
  const rows = await trx
    .selectFrom('zone')
    .select(['id', 'name', 'seq', 'serial', 'hash', 'deleted_at'])
    .select(
      sql<string[]>`array(select rule from update_rule where zone_id = zone.id order by position)`.as(
        'rules',
      ),
    )
    .where('id', '=', sql<number>`any(${ids}::bigint[])`)
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map(({ deleted_at, name, rules, ...row }) => ({
    ...row,
    name: nameOf(name),
    deleted: deleted_at !== null,
    rules: rules.map(storedRule),
  }))
}

function storedRule(text: string): UpdateRule {
  const rule = parseRule(text)
  if (!rule.ok) throw new Error(`a stored update rule cannot be read: ${rule.reason}`)
  return rule.value
}

/** Moves zones on to their newest events. A zone that is no longer where this transaction saw it is a fault. */
export async function advanceZones(
  trx: Transaction<Database>,
  moves: readonly { from: number; last: ZoneEvent }[],
): Promise<void> {
  for (const { from, last } of moves) {
    const moved = await trx
      .updateTable('zone')
      .set({ seq: last.seq, serial: last.serialAfter, hash: Buffer.from(last.hash) })
      .where('id', '=', last.zoneId)
      .where('seq', '=', from)
      .executeTakeFirst()
    if (moved.numUpdatedRows !== 1n) throw new Error(`zone ${last.zoneId} has moved on from event ${from}`)
  }
}

/** Remembers that the events from `from` to `to` have reached NATS, if all before them have: the cursor never skips any. */
export async function markPublished(
  db: Kysely<Database>,
  { zoneId, from, to }: { zoneId: number; from: number; to: number },
): Promise<void> {
  await db
    .updateTable('zone')
    .set({ published_seq: to })
    .where('id', '=', zoneId)
    .where('published_seq', '>=', from - 1)
    .where('published_seq', '<', to)
    .execute()
}

/** Zones of these partitions with events that may not have reached NATS. */
export async function unpublishedZones(
  db: Kysely<Database>,
  partitions: readonly number[],
  partitionCount: number,
): Promise<{ id: number; publishedSeq: number; seq: number }[]> {
  return await db
    .selectFrom('zone')
    .select(['id', 'published_seq as publishedSeq', 'seq'])
    .whereRef('published_seq', '<', 'seq')
    .where(sql<number>`id % ${partitionCount}`, '=', sql<number>`any(${partitions}::bigint[])`)
    .orderBy('id')
    .execute()
}
