import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { NatsConnection } from 'nats'
import { natsHistoryClient } from '../../services/edge/zones/history-client.ts'
import { startZoneServices } from '../../services/zone-writer/snapshots/zone-services.ts'
import { insertEvents } from '../../services/zone-writer/store/events.ts'
import { type ExtentLimits, readExtent, readPage } from '../../services/zone-writer/store/read-history.ts'
import { advanceZones } from '../../services/zone-writer/store/zones.ts'
import { connectDatabase, type DatabaseConnection } from '../../shared/database/connect.ts'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import { readRecords } from '../../shared/dns/record.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import type { Place } from '../../shared/messaging/history-service.ts'
import { createDatabase, type TestDatabase, type TestNats, testNats } from '../support/infrastructure.ts'
import { manyLines, storeEvents, storeZone } from './stored-histories.ts'
import type { History } from './zones-support.ts'

const log = silentLogger()
let database: TestDatabase
let connection: DatabaseConnection
let server: TestNats
let nats: NatsConnection
let services: ReturnType<typeof startZoneServices>

before(async () => {
  ;[database, server] = await Promise.all([createDatabase(), testNats()])
  await migrateToLatest(database.url)
  connection = connectDatabase(database.url, { name: 'test', size: 4, statementMs: 60_000 })
  nats = await connectNats(server.url, 'both', log)
  services = startZoneServices({
    nats,
    db: connection.db,
    historyDb: connection.db,
    outcomesDb: connection.db,
    log,
  })
})
after(async () => {
  await services?.close()
  await nats?.close()
  await connection?.close()
  await Promise.all([database?.drop(), server?.stop()])
})

const create = (name: string, lines?: string) => storeZone(connection.db, name, lines)

function diffs(history: History, after: number, upTo: number): Buffer {
  return Buffer.concat(history.events.slice(after, upTo).map(({ diff }) => diff))
}

async function readChanges(history: History, after: number, upTo: number): Promise<Buffer[]> {
  const pieces: Buffer[] = []
  for await (const piece of natsHistoryClient(nats).changes(history.zoneId, after, upTo))
    pieces.push(Buffer.from(piece))
  for (const piece of pieces) assert.ok(readRecords(piece).ok, 'a piece is no run of whole records')
  return pieces
}

describe('the changes since any serial of a zone', () => {
  it('are found by the serial, and counted without those that changed nothing', async () => {
    const history = await create('serials.example.')
    for (let host = 0; host < 5; host++) history.refuse().change('', `h${host} A 192.0.2.1`)
    await storeEvents(connection.db, history)
    const { extent } = natsHistoryClient(nats)
    for (let serial = 1; serial <= 6; serial++) {
      const after = history.events.findIndex(({ serialAfter }) => serialAfter === serial) + 1
      const found = await extent(history.zoneId, serial, history.seq)
      const octets = diffs(history, after, history.seq).length
      assert.deepEqual(found, { kind: 'extent', after, upTo: 11, changes: 6 - serial, octets })
    }
  })
  it('… where the zone had it last, after a serial came round again', async () => {
    const history = await create('round.example.')
    const first = history.change('', 'a A 192.0.2.1').events[1]!
    history.append('update', first.diff, 1).append('update', first.diff, 2)
    await connection.db.transaction().execute(async (trx) => {
      await insertEvents(trx, history.events.slice(1))
      await advanceZones(trx, [{ from: 1, last: history.events.at(-1)! }])
    })
    assert.equal((await natsHistoryClient(nats).extent(history.zoneId, 2, 4)).after, 4)
    assert.equal((await natsHistoryClient(nats).extent(history.zoneId, 2, 3)).after, 2)
  })
  it('are refused for a serial that it never had, a zone that is not, and an event that is not there yet', async () => {
    const history = await create('never.example.')
    const { extent } = natsHistoryClient(nats)
    await assert.rejects(extent(history.zoneId, 77, 1), { why: 'unknown-serial' })
    await assert.rejects(extent(999_999, 1, 1), { why: 'unknown-zone' })
    await assert.rejects(extent(history.zoneId, 1, 2), { why: 'behind' })
    await assert.rejects(readChanges(history, 1, 2), { why: 'behind' })
  })
  it('of a long past are counted no further than it takes to know that the zone is shorter', async () => {
    const history = await create('much.example.')
    for (let host = 0; host < 40; host++) history.change('', `h${host} A 192.0.2.1`)
    await storeEvents(connection.db, history)
    const request = { zoneId: history.zoneId, serial: 1, upTo: 41 }
    const extentWithin = async (limits: ExtentLimits) => {
      const found = await readExtent(connection.db, request, limits)
      assert.ok(typeof found === 'object')
      return found
    }
    const counted = () => connection.db.updateTable('zone').where('id', '=', history.zoneId)
    await counted().set({ record_count: 2 }).execute()
    const much = await extentWithin({ atOnce: 10, most: 1_000, alwaysOctets: 100 })
    assert.equal(much.changes, 10)
    assert.equal(much.octets, diffs(history, 1, 11).length)
    // a zone that has more than its changes: all of them count
    await counted().set({ record_count: 1_000 }).execute()
    const all = await extentWithin({ atOnce: 10, most: 1_000, alwaysOctets: 100 })
    assert.deepEqual([all.changes, all.octets], [40, diffs(history, 1, 41).length])
    // only so many events are looked at; the others are as they are
    const about = await extentWithin({ atOnce: 10, most: 20, alwaysOctets: 100 })
    assert.deepEqual([about.changes, about.octets], [40, diffs(history, 1, 21).length * 2])
  })
  it('are the diffs one after another, from any event to any other', async () => {
    const history = await create('pieces.example.')
    for (let host = 0; host < 9; host++) history.change('', `h${host} A 192.0.2.1`).refuse()
    await storeEvents(connection.db, history)
    for (const [from, upTo] of [
      [1, 19],
      [1, 10],
      [4, 4],
      [10, 11],
      [18, 19],
    ] as const)
      assert.deepEqual(Buffer.concat(await readChanges(history, from, upTo)), diffs(history, from, upTo))
  })
  it('come in pages, also where one diff is longer than a page', async () => {
    const history = await create('long.example.')
    history.change('', 'a A 192.0.2.1').change('', manyLines(12_000)).change('', 'b A 192.0.2.1')
    await storeEvents(connection.db, history)
    const pieces = await readChanges(history, 1, 4)
    assert.ok(pieces.length >= 3, `${pieces.length} pages`)
    assert.deepEqual(Buffer.concat(pieces), diffs(history, 1, 4))
  })
  it('whatever a page holds, nothing is lost or doubled between pages', async () => {
    const history = await create('small-pages.example.')
    for (let host = 0; host < 6; host++)
      history.change('', manyLines(host * 3).replaceAll('host', `h${host}`)).refuse()
    await storeEvents(connection.db, history)
    for (const [octets, lookedAt] of [
      [1, 1],
      [100, 2],
      [333, 100],
      [1_000, 3],
      [5_000, 100],
    ] as const) {
      const pieces: Uint8Array[] = []
      for (let from: Place | undefined = { seq: 2, offset: 0 }; from !== undefined; ) {
        const wanted = { zoneId: history.zoneId, from, upTo: 13 }
        const page = await readPage(connection.db, wanted, octets, lookedAt)
        assert.ok(typeof page === 'object')
        assert.ok(page.records.length <= octets || readRecordsCount(page.records) === 1)
        assert.ok(page.next === undefined || page.next.seq <= from.seq + lookedAt, 'it looks at more')
        pieces.push(page.records)
        from = page.next
      }
      assert.deepEqual(Buffer.concat(pieces), diffs(history, 1, 13), `${octets} octets a page`)
    }
  })
})

function readRecordsCount(bytes: Uint8Array): number {
  const records = readRecords(bytes)
  assert.ok(records.ok)
  return records.value.length
}
