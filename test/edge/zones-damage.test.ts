import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { NatsConnection } from 'nats'
import { type RunningZoneCache, startZoneCache } from '../../services/edge/zones/follow-events.ts'
import type { CacheCounters } from '../../services/edge/zones/limits.ts'
import { SnapshotAssembler } from '../../services/edge/zones/snapshot-assembler.ts'
import { parts } from '../../services/zone-writer/snapshots/send-snapshot.ts'
import { startZoneServices } from '../../services/zone-writer/snapshots/zone-services.ts'
import { connectDatabase, type DatabaseConnection } from '../../shared/database/connect.ts'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import { UnreadablePayload } from '../../shared/events/binary.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { eventSubject } from '../../shared/messaging/subjects.ts'
import { decodeZoneReply, encodePart, type SnapshotPart } from '../../shared/messaging/zone-service.ts'
import { createDatabase, type TestDatabase, type TestNats, testNats } from '../support/infrastructure.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'
import { manyLines, storeEvents, storeZone } from './stored-histories.ts'
import { History, recordTexts } from './zones-support.ts'

const log = silentLogger()
let database: TestDatabase
let connection: DatabaseConnection
let server: TestNats
let writerNats: NatsConnection
let services: ReturnType<typeof startZoneServices>
let proxy: TcpProxy
let edgeNats: NatsConnection
let running: RunningZoneCache | undefined

before(async () => {
  ;[database, server] = await Promise.all([createDatabase(), testNats()])
  await migrateToLatest(database.url)
  connection = connectDatabase(database.url, { name: 'test', size: 4, statementMs: 60_000 })
  writerNats = await connectNats(server.url, 'writer', log)
  services = startZoneServices({
    nats: writerNats,
    db: connection.db,
    historyDb: connection.db,
    outcomesDb: connection.db,
    log,
  })
})
after(async () => {
  await services?.close()
  await writerNats?.close()
  await connection?.close()
  await Promise.all([database?.drop(), server?.stop()])
})
beforeEach(async () => {
  const url = new URL(server.url)
  proxy = await TcpProxy.to(Number(url.port))
  url.port = String(proxy.port)
  edgeNats = await connectNats(url.href, 'edge', log)
})
afterEach(async () => {
  await running?.close()
  await edgeNats.close()
  proxy.close()
})

async function cacheOf(history: History) {
  const zone = { id: history.zoneId, name: history.apex, rules: [] }
  const catalog = { zoneFor: () => zone, zoneById: (id: number) => (id === zone.id ? zone : undefined) }
  const limits = { queryWaitMs: 15_000, sweepMs: 100, retryMs: 100 }
  running = startZoneCache({ nats: edgeNats, catalog, log, limits })
  return { cache: running.cache, get: async () => await running!.cache.get(zone) }
}

/** Changes one octet of what the edge gets, once, right after these words have come. */
function damageOnce(words: string): () => boolean {
  let done = false
  proxy.alter = (octets) => {
    const at = octets.indexOf(words)
    if (done || at < 0) return octets
    done = true
    const damaged = Buffer.from(octets)
    damaged[at]! ^= 0x20
    return damaged
  }
  return () => done
}

function check(counters: CacheCounters, zone: Parameters<typeof recordTexts>[0], history: History): void {
  assert.ok(counters.faults >= 1, 'nothing was counted')
  assert.deepEqual(recordTexts(zone), recordTexts(history.contentsAt(history.seq)))
}

describe('what is damaged on its way from a writer to an edge is noticed, fetched again, and never served', () => {
  it('a part of a snapshot', async () => {
    const history = await storeZone(connection.db, 'part.example.', `${manyLines(3_000)}\nhit TXT mark-one`)
    const { cache, get } = await cacheOf(history)
    const isDone = damageOnce('mark-one')
    const zone = await get()
    assert.ok(isDone())
    check(cache.counters, zone!, history)
  })
  it('an event', async () => {
    const history = await storeZone(connection.db, 'event.example.')
    const { cache, get } = await cacheOf(history)
    await get()
    await storeEvents(connection.db, history.change('', 'hit TXT mark-two'))
    const isDone = damageOnce('mark-two')
    writerNats.publish(eventSubject(history.zoneId), history.payload(2))
    await until('the zone has been fetched again', async () => isDone() && (await get())?.seq === 2)
    check(cache.counters, (await get())!, history)
  })
  it('the events of a gap', async () => {
    const history = await storeZone(connection.db, 'gap.example.', manyLines(100))
    const { cache, get } = await cacheOf(history)
    await get()
    const isDone = damageOnce('mark-three')
    await storeEvents(connection.db, history.change('', 'hit TXT mark-three').change('', 'b A 192.0.2.1'))
    await until('the zone has caught up', async () => isDone() && (await get())?.seq === 3)
    check(cache.counters, (await get())!, history)
  })
  it('a snapshot that ends in its middle, because the connection does', async () => {
    const history = await storeZone(connection.db, 'short.example.', manyLines(4_000))
    const { cache, get } = await cacheOf(history)
    let octets = 0
    proxy.alter = (more) => {
      octets += more.length
      if (octets > 150_000) proxy.cut()
      return more
    }
    const zone = get()
    await until('the connection broke', () => octets > 150_000)
    proxy.alter = (more) => more
    proxy.mend()
    await until('the zone is there', async () => (await get()) !== undefined)
    await zone
    assert.ok(cache.counters.failedFetches >= 1)
    assert.deepEqual(recordTexts((await get())!), recordTexts(history.contentsAt(1)))
  })
})

describe('the parts of a snapshot', () => {
  const history = new History(7, manyLines(3_000))
  const { seq, serialAfter: serial, hash } = history.events[0]!

  async function partsOf(): Promise<SnapshotPart[]> {
    async function* sets() {
      yield* history.contentsAt(1).rrsets()
    }
    const all: Uint8Array[] = []
    for await (const { records, last } of parts(sets())) {
      const number = all.length
      const total = last ? number + 1 : 0
      all.push(encodePart({ zoneId: 7, head: { seq, serial, hash }, number, total, records }))
    }
    return all.map((part) => decodeZoneReply(part) as SnapshotPart)
  }
  const assembled = (given: readonly SnapshotPart[]) => {
    const assembler = new SnapshotAssembler(7, history.apex)
    return given.map((part) => assembler.push(part)).at(-1)
  }

  it('make the zone, in their order', async () => {
    const all = await partsOf()
    assert.ok(all.length > 3)
    assert.deepEqual(recordTexts(assembled(all)!), recordTexts(history.contentsAt(1)))
  })
  it('do not when one is missing, comes twice or too early, or tells of another zone, state or number of parts', async () => {
    const all = await partsOf()
    const [first, second, ...rest] = all
    const last = all.at(-1)!
    const wrong: Record<string, SnapshotPart[]> = {
      missing: [first!, ...rest],
      twice: [first!, first!, second!, ...rest],
      early: [second!, first!, ...rest],
      zone: [first!, { ...second!, zoneId: 8 }, ...rest],
      state: [first!, { ...second!, head: { seq: seq + 1, serial, hash } }, ...rest],
      total: [...all.slice(0, -1), { ...last, total: last.total + 1 }],
    }
    for (const [what, given] of Object.entries(wrong))
      assert.throws(() => assembled(given), UnreadablePayload, what)
  })
  it('are no zone before the last one has come', async () => {
    assert.equal(assembled((await partsOf()).slice(0, -1)), undefined)
  })
  it('are refused when an octet of one has changed, whichever', () => {
    const part = encodePart({
      zoneId: 7,
      head: { seq, serial, hash },
      number: 0,
      total: 1,
      records: Buffer.from('some records'),
    })
    for (let at = 0; at < part.length; at++) {
      const damaged = Buffer.from(part)
      damaged[at]! ^= 1
      assert.throws(() => decodeZoneReply(damaged), UnreadablePayload, `octet ${at}`)
      assert.throws(() => decodeZoneReply(part.subarray(0, at)), UnreadablePayload, `${at} octets`)
    }
  })
})
