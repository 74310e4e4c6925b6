import type { Kysely } from 'kysely'
import { insertZone } from '../../services/zone-writer/store/admin-zones.ts'
import { insertEvents } from '../../services/zone-writer/store/events.ts'
import { saveRRsets } from '../../services/zone-writer/store/rrsets.ts'
import { advanceZones } from '../../services/zone-writer/store/zones.ts'
import type { Database } from '../../shared/database/schema.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { NO_HASH } from '../../shared/events/event-codec.ts'
import { decodeDiff } from '../../shared/zone-diff.ts'
import { History } from './zones-support.ts'

/** A zone in the database, with its first event. */
export async function storeZone(db: Kysely<Database>, name: string, lines?: string): Promise<History> {
  const apex = nameOf(name)
  const id = await db.transaction().execute((trx) => insertZone(trx, apex, NO_HASH))
  const history = new History(id!, lines, apex)
  await storeEvents(db, history)
  return history
}

/** Stores the events that the database lacks, as a writer would. */
export async function storeEvents(db: Kysely<Database>, history: History): Promise<void> {
  const { seq: stored } = await db
    .selectFrom('zone')
    .select('seq')
    .where('id', '=', history.zoneId)
    .executeTakeFirstOrThrow()
  const contents = history.contentsAt(stored)
  await db.transaction().execute(async (trx) => {
    const events = history.events.slice(stored)
    for (const event of events) {
      const diff = decodeDiff(event.diff)
      if (diff.ok && event.diff.length > 0)
        await saveRRsets(trx, history.zoneId, contents, contents.apply(diff.value))
    }
    await insertEvents(trx, events)
    await advanceZones(trx, [{ from: stored, last: events.at(-1)! }])
  })
}

/** Lines of a zone file, one name each, of about 90 octets. */
export function manyLines(count: number): string {
  return Array.from(
    { length: count },
    (_, host) => `host-${host} TXT "${'some text '.repeat(5)}${host}"`,
  ).join('\n')
}
