import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Kysely } from 'kysely'
import { createInbox, type Msg, type NatsConnection } from 'nats'
import { type RunningZoneCache, startZoneCache } from '../../services/edge/zones/follow-events.ts'
import { natsHistoryClient } from '../../services/edge/zones/history-client.ts'
import type { CacheLimits } from '../../services/edge/zones/limits.ts'
import { apexOf, askForApex } from '../../services/edge/zones/zone-apex.ts'
import { natsZoneClient } from '../../services/edge/zones/zone-client.ts'
import { EdgeSilent, sendSnapshot } from '../../services/zone-writer/snapshots/send-snapshot.ts'
import { startZoneServices } from '../../services/zone-writer/snapshots/zone-services.ts'
import { readSteps, readZone } from '../../services/zone-writer/store/read-zone.ts'
import type { CatalogZone } from '../../shared/catalog.ts'
import { connectDatabase, type DatabaseConnection } from '../../shared/database/connect.ts'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import type { Database } from '../../shared/database/schema.ts'
import type { Name } from '../../shared/dns/name.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { eventSubject, SNAPSHOT_SERVICE } from '../../shared/messaging/subjects.ts'
import {
  decodeZoneReply,
  encodeZoneRequest,
  PART_OCTETS,
  PARTS_AHEAD,
  SMALL_PARTS,
} from '../../shared/messaging/zone-service.ts'
import { createDatabase, type TestDatabase, type TestNats, testNats } from '../support/infrastructure.ts'
import { until } from './listeners-support.ts'
import { manyLines, storeEvents, storeZone } from './stored-histories.ts'
import { History, recordTexts } from './zones-support.ts'

const log = silentLogger()
let database: TestDatabase
let connection: DatabaseConnection
let db: Kysely<Database>
let server: TestNats
let writerNats: NatsConnection
let edgeNats: NatsConnection
const running: RunningZoneCache[] = []

before(async () => {
  ;[database, server] = await Promise.all([createDatabase(), testNats()])
  await migrateToLatest(database.url)
  connection = connectDatabase(database.url, { name: 'test', size: 8, statementMs: 60_000, keepsIdle: true })
  // a writer refuses where a connection takes more than 3 s, as new ones do on a busy machine
  await connection.warmUp(8)
  db = connection.db
  writerNats = await connectNats(server.url, 'writer', log)
  edgeNats = await connectNats(server.url, 'edge', log)
})
after(async () => {
  await Promise.all(running.map((cache) => cache.close()))
  await Promise.all([writerNats?.close(), edgeNats?.close()])
  await connection?.close()
  await Promise.all([database?.drop(), server?.stop()])
})

const create = (name: string, lines?: string) => storeZone(db, name, lines)
const commit = (history: History) => storeEvents(db, history)

function publish(history: History, seq: number): void {
  writerNats.publish(eventSubject(history.zoneId), history.payload(seq))
}

function startCache(histories: readonly History[], limits: Partial<CacheLimits> = {}): RunningZoneCache {
  const zones = histories.map(catalogZone)
  const catalog = {
    zoneFor: (name: Name) => zones.find((zone) => zone.name === name),
    zoneById: (id: number) => zones.find((zone) => zone.id === id),
  }
  const cache = startZoneCache({
    nats: edgeNats,
    catalog,
    log,
    limits: { queryWaitMs: 10_000, sweepMs: 100, ...limits },
  })
  running.push(cache)
  return cache
}

function catalogZone(history: History): CatalogZone {
  return { id: history.zoneId, name: history.apex, rules: [] }
}

/** An edge that takes parts of a large zone, and then none for a while; resolves to how it goes. Rejects with a writer's refusal. */
async function takeSlowly({ zoneId }: History): Promise<() => void> {
  const inbox = createInbox()
  const replies = edgeNats.subscribe(inbox)
  const parts: Msg[] = []
  const isUnderWay = Promise.withResolvers<void>()
  void (async () => {
    for await (const message of replies) {
      const reply = decodeZoneReply(message.data)
      if (reply.kind !== 'part') isUnderWay.reject(new Error(`instead of a part: ${JSON.stringify(reply)}`))
      if (parts.push(message) > SMALL_PARTS) isUnderWay.resolve()
    }
  })()
  edgeNats.publish(SNAPSHOT_SERVICE, encodeZoneRequest({ zoneId, seq: 0 }), { reply: inbox })
  await isUnderWay.promise
  return () => {
    replies.unsubscribe()
    parts[0]!.respond()
  }
}

describe('snapshots', () => {
  let services: ReturnType<typeof startZoneServices>
  before(() => {
    services = startZoneServices({ nats: writerNats, db, historyDb: db, outcomesDb: db, log })
  })
  after(() => services.close())

  it('a small zone', async () => {
    const history = await create(
      'small.example.',
      'WwW A 192.0.2.1\nwww A 192.0.2.2\nodd TYPE65280 \\# 2 0102',
    )
    const zone = await startCache([history]).cache.get(catalogZone(history))
    assert.deepEqual(recordTexts(zone!), recordTexts(history.contentsAt(1)))
    assert.deepEqual(zone!.head, history.zoneAt(1).head)
  })

  it('a zone of many parts, with a set that is longer than a part', async () => {
    const set = Array.from({ length: 9_000 }, (_, host) => `set TXT "${host} ${'x'.repeat(30)}"`).join('\n')
    const history = await create('large.example.', `${manyLines(10_000)}\n${set}`)
    const zone = await startCache([history]).cache.get(catalogZone(history))
    assert.deepEqual(recordTexts(zone!), recordTexts(history.contentsAt(1)))
    const client = natsZoneClient(edgeNats, natsHistoryClient(edgeNats))
    let parts = 0
    await client.snapshot(history.zoneId, history.apex, 1, (progress) => {
      parts = progress.parts
    })
    assert.ok(parts > 3)
    assert.equal(await client.weigh(history.zoneId, 1, Number.POSITIVE_INFINITY), parts)
    assert.equal(await client.weigh(history.zoneId, 1, 3), 3)
    await assert.rejects(client.weigh(999_999, 0, 3), { why: 'unknown-zone' })
  })

  it('one that does not fit into memory costs the others theirs no more than once', async () => {
    const large = await create('too-large.example.', manyLines(10_000))
    const small = await create('fits.example.')
    const { cache } = startCache([large, small], { budgetOctets: 2 ** 20, tooLargeMs: 0 })
    assert.equal(await cache.get(catalogZone(large)), undefined)
    await cache.get(catalogZone(small))
    for (let round = 0; round < 3; round++) assert.equal(await cache.get(catalogZone(large)), undefined)
    assert.deepEqual([cache.counters.tooLarge, cache.counters.snapshots, cache.budget.evictions], [4, 1, 0])
    assert.ok(cache.held(small.zoneId) !== undefined)
  })

  it('where a zone stands, with its servers but for the primary, and the addresses that it gives them itself', async () => {
    const history = await create(
      'apex.example.',
      `@ NS Ns2
       @ NS ns.sub
       @ NS ns5
       @ NS ns.elsewhere.
       @ NS apex.example.
       @ A 192.0.2.6
       ns1 A 192.0.2.1
       NS2 A 192.0.2.2
       ns2 A 192.0.2.3
       ns2 AAAA 2001:db8::2
       ns2 TXT "not an address"
       sub NS ns.sub
       ns.sub A 192.0.2.4
       other A 192.0.2.5`.replaceAll(/^ +/gm, ''),
    )
    const found = await askForApex(edgeNats, catalogZone(history))
    assert.deepEqual(found, apexOf(history.zoneAt(1)))
    assert.deepEqual([...found.addresses].sort(), [
      ['apex.example.', ['192.0.2.6']],
      ['ns.sub.apex.example.', ['192.0.2.4']],
      ['ns2.apex.example.', ['192.0.2.2', '192.0.2.3', '2001:db8::2']],
    ])
  })

  it('… without the addresses when they are many', async () => {
    const addresses = Array.from({ length: 501 }, (_, host) => `ns2 AAAA 2001:db8::${host.toString(16)}`)
    const history = await create('many.example.', `@ NS ns2\n${addresses.join('\n')}`)
    const found = await askForApex(edgeNats, catalogZone(history))
    assert.deepEqual(found, { ...apexOf(history.zoneAt(1)), addresses: new Map() })
  })

  it('is of one moment, though the zone changes while it is read', async () => {
    const history = await create('moving.example.', manyLines(5_000))
    const names: string[] = []
    const head = await readZone(db, history.zoneId, async (zone) => {
      for await (const rrset of zone.rrsets) {
        if (names.push(rrset.name) === 1)
          await commit(
            history.change(
              'host-4999 TXT "some text some text some text some text some text 4999"',
              'zzz A 192.0.2.1',
            ),
          )
      }
      return zone.head
    })
    assert.equal(head?.seq, 1)
    assert.ok(names.includes('host-4999.moving.example.') && !names.includes('zzz.moving.example.'))
  })

  it('an edge that takes no parts gets no more than it has room for, and the writer gives up', async () => {
    const history = await create('slow.example.', manyLines(25_000))
    const inbox = createInbox()
    const replies = edgeNats.subscribe(inbox)
    edgeNats.publish(SNAPSHOT_SERVICE, encodeZoneRequest({ zoneId: history.zoneId, seq: 0 }), {
      reply: inbox,
    })
    const kinds: string[] = []
    for await (const message of replies) {
      kinds.push(decodeZoneReply(message.data).kind)
      if (kinds.at(-1) === 'refused') break
    }
    assert.deepEqual(kinds, [...new Array(PARTS_AHEAD).fill('part'), 'refused'])
  })

  it('an edge that has gone, or asks another writer by now, gets no more of the zone', async () => {
    const history = new History(7, manyLines(8_000))
    const requests = writerNats.subscribe('test.snapshot', { max: 1 })
    await writerNats.flush()
    edgeNats.publish('test.snapshot', new Uint8Array(), { reply: createInbox() })
    let read = 0
    async function* rrsets() {
      for (const rrset of history.contentsAt(1).rrsets()) {
        read++
        yield rrset
      }
    }
    for await (const request of requests) {
      const zone = { head: history.zoneAt(1).head, rrsets: rrsets() }
      await assert.rejects(sendSnapshot(writerNats, request, 7, zone), EdgeSilent)
    }
    const few = ((PARTS_AHEAD + 1) * PART_OCTETS) / 80
    assert.ok(read < few && read < 8_000, `${read} sets were read`)
  })

  it('a zone that does not exist, and one that is not as new as it must be', async () => {
    const history = await create('old.example.')
    const client = natsZoneClient(edgeNats, natsHistoryClient(edgeNats))
    await assert.rejects(client.snapshot(999_999, history.apex, 0), { why: 'unknown-zone' })
    await assert.rejects(client.snapshot(history.zoneId, history.apex, 2), { why: 'behind' })
    await assert.rejects(client.steps(999_999, 0), { why: 'unknown-zone' })
    await assert.rejects(client.steps(history.zoneId, 2), { why: 'behind' })
  })

  it('a small zone passes by large ones; a writer that is busy with those has not failed', async () => {
    const large = await create('heavy.example.', manyLines(9_000))
    const small = await create('light.example.')
    const { cache } = startCache([large, small], { attempts: 1 })
    const slow = await Promise.all(Array.from({ length: 4 }, () => takeSlowly(large)))
    const waiting = cache.get(catalogZone(large))
    assert.equal((await cache.get(catalogZone(small)))?.seq, 1)
    for (const leave of slow) leave()
    assert.equal((await waiting)?.seq, 1)
    assert.equal(cache.counters.failedFetches, 0)
  })

  it('more zones at once than a writer answers at once', async () => {
    const histories = await Promise.all(
      Array.from({ length: 40 }, (_, number) => create(`many-${number}.example.`)),
    )
    const { cache } = startCache(histories, { snapshotsAtOnce: 20, attempts: 20 })
    const zones = await Promise.all(histories.map((history) => cache.get(catalogZone(history))))
    assert.deepEqual(
      zones.map((zone) => zone?.apex),
      histories.map(({ apex }) => apex),
    )
  })

  it('what a request that cannot be read gets', async () => {
    for (const payload of [
      Buffer.alloc(0),
      Buffer.from('nonsense'),
      encodeZoneRequest({ zoneId: 1, seq: 0 }).subarray(0, 10),
    ]) {
      const reply = await edgeNats.request(SNAPSHOT_SERVICE, payload)
      assert.deepEqual(decodeZoneReply(reply.data), { kind: 'refused', why: 'failed' })
    }
  })

  describe('events of a gap', () => {
    it('fit into replies, one after another', async () => {
      const history = await create('gap.example.', manyLines(2_000))
      for (let host = 0; host < 60; host++) history.change('', `new-${host} A 192.0.2.1`)
      await commit(history)
      const read = await readSteps(db, history.zoneId, 1, 5_000)
      assert.ok(typeof read === 'object')
      assert.ok(read.steps.length > 5 && read.steps.length < 60)
      assert.deepEqual([read.steps[0]!.seq, read.newest], [2, 61])
      const steps = await natsZoneClient(edgeNats, natsHistoryClient(edgeNats)).steps(history.zoneId, 1)
      assert.deepEqual(
        steps.steps.map(({ seq, hash }) => ({ seq, hash: Buffer.from(hash) })),
        history.events.slice(1).map(({ seq, hash }) => ({ seq, hash })),
      )
    })
    it('one whose diff is too long for a message is fetched in pages, as long as that is shorter than the zone', async () => {
      const history = await create('step.example.', manyLines(12_000))
      const { cache } = startCache([history])
      assert.equal((await cache.get(catalogZone(history)))?.seq, 1)
      const long = manyLines(7_000).replaceAll('host', 'more')
      await commit(history.change('', 'one A 192.0.2.1').change('', long).change('', 'two A 192.0.2.1'))
      assert.ok(history.events[2]!.diff.length > 512 * 1024)
      const read = await readSteps(db, history.zoneId, 2, 512 * 1024)
      assert.ok(typeof read === 'object')
      assert.deepEqual([read.steps.length, read.leftOut], [1, history.events[2]!.diff.length])
      // as one of 4 MiB would be
      assert.equal(await readSteps(db, history.zoneId, 2, 512 * 1024, 600 * 1024), 'prefer-snapshot')
      await until(() => cache.held(history.zoneId)?.seq === 4, 20_000)
      assert.deepEqual([cache.counters.snapshots, cache.counters.faults], [1, 0])
      assert.deepEqual(recordTexts(cache.held(history.zoneId)!), recordTexts(history.contentsAt(4)))
    })
    it('a snapshot where that is shorter', async () => {
      const history = await create('churn.example.')
      for (let round = 0; round < 10; round++) history.change('', manyLines(800)).change(manyLines(800), '')
      await commit(history)
      assert.equal(await readSteps(db, history.zoneId, 1, 512 * 1024), 'prefer-snapshot')
      assert.equal(await readSteps(db, history.zoneId, 1, 1_000), 'prefer-snapshot')
      const { cache } = startCache([history])
      assert.equal((await cache.get(catalogZone(history)))?.seq, 21)
    })
  })

  describe('following', () => {
    it('by events on NATS; what was never published is found by a sweep', async () => {
      const history = await create('follow.example.')
      const { cache } = startCache([history])
      const zone = await cache.get(catalogZone(history))
      await commit(history.change('', 'a A 192.0.2.1'))
      publish(history, 2)
      await until(() => zone!.seq === 2)
      await commit(history.change('', 'b A 192.0.2.1').refuse())
      await until(() => zone!.seq === 4)
      assert.deepEqual(recordTexts(zone!), recordTexts(history.contentsAt(4)))
      assert.equal(cache.counters.snapshots, 1)
    })

    it('P4: an update whose event never came is served by whoever told of it', async () => {
      const history = await create('promise.example.')
      const { cache } = startCache([history], { sweepMs: 60_000 })
      await cache.get(catalogZone(history))
      await commit(history.change('', 'a A 192.0.2.1'))
      await cache.reach(history.zoneId, 2)
      const zone = cache.get(catalogZone(history))
      assert.ok(!(zone instanceof Promise))
      assert.equal(zone.seq, 2)
    })

    it('under many updates and reads: after reach() never older, and equal in the end', async () => {
      const history = await create('load.example.')
      const { cache } = startCache([history], { sweepMs: 50 })
      for (let round = 2; round <= 150; round++) {
        await commit(history.change('', `host-${round} A 192.0.2.1`))
        // some events are lost on their way
        if (round % 7 !== 0) publish(history, round)
        await cache.reach(history.zoneId, round)
        const zone = await cache.get(catalogZone(history))
        assert.ok(zone !== undefined && zone.seq >= round)
      }
      const zone = await cache.get(catalogZone(history))
      assert.deepEqual(recordTexts(zone!), recordTexts(history.contentsAt(150)))
    })
  })
})

describe('when something is down', () => {
  it('all writers: held zones are served, others refused at once, and all is well when one comes back', async () => {
    const [held, other] = [await create('held.example.'), await create('other.example.')]
    const services = startZoneServices({ nats: writerNats, db, historyDb: db, outcomesDb: db, log })
    // a query that waited for a writer would wait for longer than this test may take
    const { cache } = startCache([held, other], { retryMs: 50, sweepMs: 50, queryWaitMs: 3_600_000 })
    const zone = await cache.get(catalogZone(held))
    await services.close()
    await writerNats.flush()
    await until(() => cache.status().degraded)
    assert.equal(cache.get(catalogZone(held)), zone)
    assert.equal(await cache.get(catalogZone(other)), undefined)
    const client = natsZoneClient(edgeNats, { changes: () => assert.fail('no diff is asked for') })
    // nor does a try wait, which would say 'silence'
    await assert.rejects(client.snapshot(other.zoneId, other.apex, 0), { why: 'no-writer' })
    await commit(held.change('', 'a A 192.0.2.1'))
    const back = startZoneServices({ nats: writerNats, db, historyDb: db, outcomesDb: db, log })
    await until(() => zone!.seq === 2 && !cache.status().degraded)
    assert.equal((await cache.get(catalogZone(other)))?.seq, 1)
    await back.close()
  })

  it('NATS: held zones are served, and what was missed is fetched when it is back', async () => {
    const history = await create('island.example.')
    const services = startZoneServices({ nats: writerNats, db, historyDb: db, outcomesDb: db, log })
    const { cache } = startCache([history], { sweepMs: 60_000, retryMs: 50 })
    const zone = await cache.get(catalogZone(history))
    await server.kill()
    await until(() => cache.status().degraded)
    await commit(history.change('', 'a A 192.0.2.1'))
    assert.equal(cache.get(catalogZone(history)), zone)
    await cache.reach(history.zoneId, 2)
    assert.equal(await cache.get(catalogZone(history)), undefined, 'older than promised')
    await server.restart()
    await until(() => zone!.seq === 2 && !cache.status().degraded, 10_000)
    assert.equal(cache.get(catalogZone(history)), zone)
    await services.close()
  })
})
