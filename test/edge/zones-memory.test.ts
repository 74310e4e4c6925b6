import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CachedZone } from '../../services/edge/zones/cached-zone.ts'
import type { CacheLimits } from '../../services/edge/zones/limits.ts'
import { ZoneCache } from '../../services/edge/zones/zone-cache.ts'
import { NotServed, type SnapshotProgress, type ZoneClient } from '../../services/edge/zones/zone-client.ts'
import type { CatalogZone } from '../../shared/catalog.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { silentLogger } from '../../shared/log.ts'
import { until } from './listeners-support.ts'
import { manyLines } from './stored-histories.ts'
import { FakeWriters, History, partsOf } from './zones-support.ts'

/** Writers of several zones; each is asked in its turn. */
class Writers implements ZoneClient {
  readonly fetched: number[] = []
  readonly byZone: ReadonlyMap<number, FakeWriters>

  constructor(histories: readonly History[]) {
    this.byZone = new Map(histories.map((history) => [history.zoneId, new FakeWriters(history)]))
  }

  async snapshot(
    zoneId: number,
    apex: unknown,
    atLeast: number,
    onPart: (progress: SnapshotProgress) => void = () => {},
  ): Promise<CachedZone> {
    this.fetched.push(zoneId)
    const zone = await this.byZone.get(zoneId)!.snapshot(zoneId, apex, atLeast)
    const parts = partsOf(zone)
    for (let part = 1; part <= parts; part++)
      onPart({ parts: part, octets: (zone.octets * part) / parts, isWhole: true })
    return zone
  }

  async weigh(zoneId: number, atLeast: number, most: number): Promise<number> {
    return await this.byZone.get(zoneId)!.weigh(zoneId, atLeast, most)
  }

  async steps(zoneId: number, after: number) {
    return await this.byZone.get(zoneId)!.steps(zoneId, after)
  }

  async heads(zoneIds: readonly number[]) {
    const heads = await Promise.all([...this.byZone.values()].map((writers) => writers.heads(zoneIds)))
    return new Map(heads.flatMap((each) => [...each]))
  }
}

function historyOf(id: number, names: number): History {
  return new History(id, manyLines(names), nameOf(`zone-${id}.example.`))
}

function zoneOf({ zoneId, apex }: History): CatalogZone {
  return { id: zoneId, name: apex, rules: [] }
}

/** A cache with room for `room` of the zones, each of 100 names. */
function cacheFor(
  histories: readonly History[],
  room: number,
  limits: Partial<CacheLimits> = {},
  now?: () => number,
) {
  const writers = new Writers(histories)
  const each = histories[0]!.zoneAt(1).octets
  const zones = histories.map(zoneOf)
  const cache = new ZoneCache({
    client: writers,
    catalog: { zoneFor: () => undefined, zoneById: (id) => zones.find((zone) => zone.id === id) },
    log: silentLogger(),
    limits: { queryWaitMs: 1_000, budgetOctets: each * (room + 0.5), ...limits },
    ...(now === undefined ? {} : { now }),
  })
  return { cache, zones, writers, each }
}

const HISTORIES = Array.from({ length: 6 }, (_, index) => historyOf(index + 1, 100))

/** Which zones a cache holds, by what it has to fetch when all are asked for once more. */
async function refetched(
  cache: ZoneCache,
  zones: readonly CatalogZone[],
  writers: Writers,
): Promise<number[]> {
  writers.fetched.length = 0
  for (const zone of zones) await cache.get(zone)
  return [...writers.fetched]
}

describe('the memory that zones may take', () => {
  it('is never exceeded: those used least recently go, and come back when they are asked for', async () => {
    const { cache, zones, writers, each } = cacheFor(HISTORIES, 3)
    for (const zone of zones.slice(0, 3)) await cache.get(zone)
    await cache.get(zones[0]!)
    await cache.get(zones[3]!)
    assert.deepEqual([cache.status().held, cache.budget.evictions], [3, 1])
    assert.ok(cache.budget.octets <= each * 3.5)
    assert.deepEqual(await refetched(cache, [zones[0]!, zones[2]!, zones[3]!], writers), [])
    assert.deepEqual(await refetched(cache, [zones[1]!], writers), [2])
  })
  it('is counted anew as zones grow by updates', async () => {
    const histories = [historyOf(1, 100), historyOf(2, 100)]
    const { cache, zones } = cacheFor(histories, 2)
    for (const zone of zones) await cache.get(zone)
    const more = manyLines(100).replaceAll('host', 'more')
    cache.offer(histories[1]!.change('', more).payload(2))
    assert.deepEqual([cache.status().held, cache.budget.evictions], [1, 1])
    const zone = cache.get(zones[1]!)
    assert.ok(!(zone instanceof Promise))
    assert.equal(cache.budget.octets, zone.octets)
  })
  it('never costs a zone that is being transferred', async () => {
    const { cache, zones, writers } = cacheFor(HISTORIES, 1)
    const first = await cache.get(zones[0]!)
    const reading = first!.open()
    for (const zone of zones.slice(1)) await cache.get(zone)
    assert.equal(first!.usable, true)
    assert.deepEqual(await refetched(cache, [zones[0]!], writers), [])
    assert.equal([...reading.rrsets()].length, 102)
    reading.close()
    for (const zone of zones.slice(1)) await cache.get(zone)
    assert.deepEqual(await refetched(cache, [zones[0]!], writers), [1])
  })
  it('never costs a zone whose gap is being fetched, which would come back at once', async () => {
    const histories = [historyOf(1, 100), historyOf(2, 100), historyOf(3, 100)]
    const { cache, zones, writers } = cacheFor(histories, 1)
    await cache.get(zones[0]!)
    const { promise, resolve } = Promise.withResolvers<void>()
    writers.byZone.get(1)!.script.push(promise)
    const history = histories[0]!.change('', 'x A 192.0.2.2').change('', 'y A 192.0.2.2')
    cache.offer(history.payload(3))
    for (const zone of zones.slice(1)) await cache.get(zone)
    assert.equal(cache.held(1)?.seq, 1)
    resolve()
    await until(() => cache.held(1)?.seq === 3)
    assert.deepEqual(writers.fetched, [1, 2, 3])
    await cache.get(zones[1]!)
    assert.equal(cache.held(1), undefined)
  })
  it('is free although others hold on to a zone that went, which is not served then', async () => {
    const { cache, zones, each } = cacheFor(HISTORIES, 1)
    const first = await cache.get(zones[0]!)
    for (const zone of zones.slice(1)) await cache.get(zone)
    assert.equal(first!.usable, false)
    assert.ok(first!.octets < each / 2)
  })
  it('is counted with what a slow reader keeps of a zone that changes, until it is done', async () => {
    const histories = [historyOf(1, 100), historyOf(2, 100)]
    const { cache, zones } = cacheFor(histories, 2)
    const [first] = await Promise.all(zones.map((zone) => cache.get(zone)))
    const reading = first!.open()
    for (const octet of [2, 3]) {
      const lines = Array.from({ length: 40 }, (_, host) => `host-${host} A 192.0.2.${octet}`).join('\n')
      cache.offer(histories[0]!.change('', lines).payload(histories[0]!.seq))
    }
    const kept = first!.readingOctets
    assert.ok(kept > 40 * 50, `${kept} octets`)
    const each = () => zones.reduce((sum, { id }) => sum + (cache.held(id)?.octets ?? 0), 0)
    assert.equal(cache.budget.octets, each() + kept)
    reading.close()
    await cache.sweep()
    assert.deepEqual([cache.budget.octets, first!.readingOctets], [each(), 0])
  })
  it('never costs a zone for which an answer to an update waits (P4)', async () => {
    const histories = [historyOf(1, 100), historyOf(2, 100), historyOf(3, 100)]
    const { cache, zones, writers } = cacheFor(histories, 1, { nudgeMs: 5_000, reachMs: 10_000 })
    await cache.get(zones[0]!)
    histories[0]!.change('', 'x A 192.0.2.1')
    const reaching = cache.reach(1, 2)
    for (const zone of zones.slice(1)) await cache.get(zone)
    cache.offer(histories[0]!.payload(2))
    await reaching
    const zone = cache.get(zones[0]!)
    assert.ok(!(zone instanceof Promise))
    assert.deepEqual([zone.seq, writers.fetched.filter((id) => id === 1)], [2, [1]])
  })
  it('what was promised outlives a zone that went (P4)', async () => {
    const histories = [historyOf(1, 100), historyOf(2, 100)]
    const { cache, zones, writers } = cacheFor(histories, 1, { queryWaitMs: 100, attempts: 1 })
    await cache.get(zones[0]!)
    cache.offer(histories[0]!.change('', 'x A 192.0.2.1').payload(2))
    await cache.reach(1, 2)
    await cache.get(zones[1]!)
    await cache.sweep()
    writers.byZone.get(1)!.visible = 1
    assert.equal(await cache.get(zones[0]!), undefined)
  })
  it('a zone that alone needs more is refused, said aloud, and not fetched over and over', async () => {
    const histories = [historyOf(1, 100), historyOf(2, 1_000)]
    const said: unknown[][] = []
    const log = { ...silentLogger(), error: (...words: unknown[]) => said.push(words) }
    const { writers, zones, each } = cacheFor(histories, 2)
    const cache = new ZoneCache({
      client: writers,
      catalog: { zoneFor: () => undefined, zoneById: (id) => zones.find((zone) => zone.id === id) },
      log: log as never,
      limits: { budgetOctets: each * 2 },
    })
    await cache.get(zones[0]!)
    for (let round = 0; round < 3; round++) assert.equal(await cache.get(zones[1]!), undefined)
    assert.deepEqual(writers.fetched, [1, 2])
    assert.deepEqual([cache.status().tooLarge, cache.counters.tooLarge], [1, 1])
    assert.match(String(said[0]![1]), /ZONELOG_EDGE_CACHE_MIB/)
    assert.deepEqual(said[0]![0], { zone: 'zone-2.example.' })
  })
  it('… and when it is tried again, no other goes for it, until it has become smaller', async () => {
    const history = historyOf(2, 1_000)
    let now = 0
    const { cache, zones, writers, each } = cacheFor([historyOf(1, 100), history], 2, {}, () => now)
    const tried = async () => {
      writers.fetched.length = 0
      const found = await cache.get(zones[1]!)
      return [found !== undefined, writers.fetched.length > 0]
    }
    assert.deepEqual(await tried(), [false, true])
    await cache.get(zones[0]!)
    // the pause grows from a minute to an hour
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
      const asked = writers.byZone.get(2)!.asked.length
      now += minutes * 60_000 - 1
      assert.deepEqual(await tried(), [false, false])
      assert.equal(writers.byZone.get(2)!.asked.length, asked)
      now += 2
      assert.deepEqual(await tried(), [false, false])
      assert.equal(writers.byZone.get(2)!.asked.length, asked + 1)
      assert.ok(
        cache.held(1) !== undefined && cache.budget.evictions === 0 && cache.budget.octets < each * 1.1,
      )
      assert.equal(cache.status().tooLarge, 1)
    }
    history.change(manyLines(1_000).split('\n').slice(100).join('\n'), '')
    now += 3_600_001
    assert.deepEqual(await tried(), [true, true])
    assert.equal(cache.status().tooLarge, 0)
    assert.ok(cache.held(1) !== undefined)
  })
  it('… also one that grows beyond it', async () => {
    const histories = [historyOf(1, 100)]
    const { cache, zones } = cacheFor(histories, 1)
    await cache.get(zones[0]!)
    cache.offer(histories[0]!.change('', manyLines(1_000).replaceAll('host', 'more')).payload(2))
    assert.equal(await cache.get(zones[0]!), undefined)
    assert.deepEqual([cache.status().held, cache.status().tooLarge, cache.budget.octets], [0, 1, 0])
  })
})

describe('zones that are held before they are asked for', () => {
  it('are all of them', async () => {
    const { cache, zones, writers } = cacheFor(HISTORIES, 6)
    await cache.preload(zones)
    assert.equal(cache.status().held, 6)
    assert.deepEqual(await refetched(cache, zones, writers), [])
    await cache.preload(zones)
    assert.deepEqual(writers.fetched, [])
  })
  it('are as many as there is room for; no more are tried then', async () => {
    const { cache, zones } = cacheFor(HISTORIES, 3)
    for (let round = 0; round < 3; round++) await cache.preload(zones)
    assert.ok(cache.status().held >= 3 && cache.budget.evictions <= 3, `${cache.budget.evictions} evictions`)
  })
  it('… but go on when memory is free again', async () => {
    const { cache, zones } = cacheFor(HISTORIES, 3)
    await cache.preload(zones)
    const { held } = cache.status()
    const evictions = cache.budget.evictions
    assert.ok(evictions > 0)
    const gone = zones.filter(({ id }) => cache.held(id) !== undefined).slice(0, 2)
    for (const { id } of gone) cache.forget(id)
    const others = zones.filter((zone) => !gone.includes(zone))
    await cache.preload(others)
    assert.equal(cache.status().held, held)
  })
  it('but for those that cannot be had now', async () => {
    const { cache, zones, writers } = cacheFor(HISTORIES, 6, { attempts: 1, retryMs: 0 })
    writers.byZone.get(2)!.script.push(new NotServed('no-writer'))
    await cache.preload(zones)
    assert.equal(cache.status().held, 5)
    await cache.preload(zones)
    assert.equal(cache.status().held, 6)
  })
})
