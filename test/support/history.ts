import assert from 'node:assert/strict'
import { eventsAfter } from '../../services/zone-writer/store/events.ts'
import { Type } from '../../shared/dns/codes.ts'
import { canonicalName, type GivenName } from '../../shared/dns/name.ts'
import type { RRset } from '../../shared/dns/record.ts'
import { serialOf } from '../../shared/dns/soa.ts'
import { hashHolds, NO_HASH } from '../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../shared/events/zone-event.ts'
import { ZoneContents } from '../../shared/zone-contents.ts'
import { decodeDiff } from '../../shared/zone-diff.ts'
import { APEX } from './spec.ts'
import type { TestSystem } from './system.ts'

export async function historyOf(system: TestSystem, zoneId: number): Promise<ZoneEvent[]> {
  return await eventsAfter(system.db, zoneId, 0, 1_000_000)
}

export function fold(events: readonly ZoneEvent[], apex = APEX): ZoneContents {
  const contents = new ZoneContents(apex)
  for (const event of events) {
    if (event.diff.length === 0) continue
    const diff = decodeDiff(event.diff)
    assert.ok(diff.ok)
    contents.apply(diff.value)
  }
  return contents
}

/** Promises P6 and P7 for a zone: unbroken numbers and hashes, forward serials, and events that fold to exactly what is stored. */
export async function historyIsWhole(system: TestSystem, zoneId: number, apex = APEX): Promise<ZoneEvent[]> {
  const events = await historyOf(system, zoneId)
  let hash: Uint8Array = NO_HASH
  events.forEach((event, index) => {
    assert.equal(event.seq, index + 1, 'sequence numbers have no gap')
    assert.deepEqual(
      Buffer.from(event.previousHash),
      Buffer.from(hash),
      `event ${event.seq} is chained to the one before`,
    )
    assert.ok(hashHolds(event), `hash of event ${event.seq}`)
    if (index > 0) assert.equal(event.serialBefore, events[index - 1]!.serialAfter)
    assert.equal(event.diff.length > 0, event.serialBefore !== event.serialAfter || event.kind === 'create')
    hash = event.hash
  })
  const folded = fold(events, apex)
  assert.deepEqual(comparable(folded.rrsets()), comparable(await storedRRsets(system, zoneId)))
  const zone = await system.db
    .selectFrom('zone')
    .selectAll()
    .where('id', '=', zoneId)
    .executeTakeFirstOrThrow()
  const [soa] = folded.at(apex)!.get(Type.SOA)!.rdata
  assert.equal(zone.serial, serialOf(soa!))
  assert.equal(zone.seq, events.length)
  return events
}

async function storedRRsets(system: TestSystem, zoneId: number): Promise<RRset[]> {
  const rows = await system.db.selectFrom('rrset').selectAll().where('zone_id', '=', zoneId).execute()
  return rows.map((row) => {
    assert.equal(row.owner, canonicalName(row.owner_as_given as GivenName))
    return { name: row.owner_as_given as GivenName, type: row.type, ttl: row.ttl, rdata: row.rdata }
  })
}

/** Byte for byte, the order of values in a set included. */
function comparable(rrsets: Iterable<RRset>): string[] {
  return [...rrsets]
    .map(({ name, type, ttl, rdata }) =>
      [name, type, ttl, ...rdata.map((value) => Buffer.from(value).toString('hex'))].join(' '),
    )
    .sort()
}
