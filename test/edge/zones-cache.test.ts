import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CachedZone } from '../../services/edge/zones/cached-zone.ts'
import type { CacheLimits } from '../../services/edge/zones/limits.ts'
import { ZoneCache, type ZoneCacheDeps } from '../../services/edge/zones/zone-cache.ts'
import { NotServed } from '../../services/edge/zones/zone-client.ts'
import type { CatalogZone } from '../../shared/catalog.ts'
import { silentLogger } from '../../shared/log.ts'
import { Turns } from '../support/turns.ts'
import { until } from './listeners-support.ts'
import { manyLines } from './stored-histories.ts'
import { APEX, FakeWriters, History, recordTexts } from './zones-support.ts'

const ZONE: CatalogZone = { id: 7, name: APEX, rules: [] }

/** A clock that a test moves. */
class Clock {
  ms = 0
  readonly now = () => this.ms
}

function cacheOf(writers: FakeWriters, limits: Partial<CacheLimits> = {}, more: Partial<ZoneCacheDeps> = {}) {
  const removed = new Set<number>()
  const present = (zone: CatalogZone) => (removed.has(zone.id) ? undefined : zone)
  const cache = new ZoneCache({
    client: writers,
    catalog: { zoneFor: () => present(ZONE), zoneById: (id) => (id === ZONE.id ? present(ZONE) : undefined) },
    log: silentLogger(),
    limits: { queryWaitMs: 500, reachMs: 60, nudgeMs: 10, retryMs: 40, ...limits },
    ...more,
  })
  return { cache, removed }
}

/** A cache that holds the zone at the history's present state. */
async function holding(
  history: History,
  limits: Partial<CacheLimits> = {},
  more: Partial<ZoneCacheDeps> = {},
) {
  const writers = new FakeWriters(history)
  const { cache, removed } = cacheOf(writers, limits, more)
  await cache.get(ZONE)
  writers.asked.length = 0
  return { cache, removed, writers }
}

async function got(cache: ZoneCache): Promise<CachedZone> {
  const zone = await cache.get(ZONE)
  assert.ok(zone !== undefined, 'the zone is not served')
  return zone
}

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { promise, open: resolve }
}

describe('a zone is fetched when it is asked for, and followed', () => {
  it('as a snapshot; once, however many ask; at once from then on', async () => {
    const writers = new FakeWriters(new History(7).change('', 'x A 192.0.2.2'))
    const { cache } = cacheOf(writers)
    const zones = await Promise.all([cache.get(ZONE), cache.get(ZONE), cache.get(ZONE)])
    assert.deepEqual(new Set(zones).size, 1)
    assert.deepEqual(writers.asked, ['snapshot ≥0'])
    assert.equal(cache.get(ZONE), zones[0])
    assert.deepEqual(recordTexts(zones[0]!), recordTexts(writers.history.contentsAt(2)))
  })
  it('but not once the cache is closed: then nobody needs to wait for it', async () => {
    const { cache, writers } = await holding(new History(7))
    assert.equal(cache.mayCome(ZONE), true)
    cache.close()
    assert.deepEqual([await cache.get(ZONE), cache.mayCome(ZONE)], [undefined, false])
    await cache.reach(ZONE.id, 9)
    await cache.preload([ZONE])
    assert.deepEqual(writers.asked, [])
  })
  it('by events, also those without a diff', async () => {
    const history = new History(7)
    const { cache, writers } = await holding(history)
    history.refuse().change('', 'x A 192.0.2.2')
    cache.offer(history.payload(2))
    cache.offer(history.payload(3))
    assert.equal((await got(cache)).seq, 3)
    assert.deepEqual(writers.asked, [])
    assert.equal(cache.counters.eventsApplied, 2)
  })
  it('events older than what is held are ignored, and events of zones that are not held', async () => {
    const history = new History(7).change('', 'x A 192.0.2.2')
    const { cache, writers } = await holding(history)
    for (const seq of [1, 2, 2]) cache.offer(history.payload(seq))
    cache.offer(new History(8).change('', 'y A 192.0.2.2').payload(2))
    assert.equal((await got(cache)).seq, 2)
    assert.deepEqual([writers.asked, cache.counters.faults, cache.status().held], [[], 0, 1])
  })
  it('events that come while a snapshot is under way are kept until their turn', async () => {
    const history = new History(7)
    const writers = new FakeWriters(history)
    writers.visible = 1
    const { cache } = cacheOf(writers)
    const wait = gate()
    writers.script.push(wait.promise)
    const zone = cache.get(ZONE)
    history.change('', 'x A 192.0.2.2').change('', 'y A 192.0.2.2')
    for (const seq of [3, 2]) cache.offer(history.payload(seq))
    wait.open()
    assert.equal((await zone)?.seq, 3)
    assert.deepEqual(writers.asked, ['snapshot ≥0'])
  })
  it('a gap is fetched as events, in several requests when it is long', async () => {
    const history = new History(7)
    const { cache, writers } = await holding(history)
    for (let host = 0; host < 25; host++) history.change('', `h${host} A 192.0.2.2`)
    cache.offer(history.payload(26))
    await until(() => cache.status().behind === 0)
    assert.equal((await got(cache)).seq, 26)
    assert.deepEqual(writers.asked, ['steps >1', 'steps >11', 'steps >21'])
  })
  it('… piece by piece, so that queries have their turn', async () => {
    const history = new History(7)
    const turns = new Turns()
    const seen = new Set<number>()
    const { cache } = await holding(history, {}, { onApplied: () => seen.add(turns.count) })
    for (let round = 0; round < 8; round++)
      history.change('', manyLines(500).replaceAll('host', `host-${round}`))
    cache.offer(history.payload(9))
    await until(() => cache.status().behind === 0)
    turns.stop()
    assert.ok(seen.size >= 8, `${seen.size} turns`)
  })
  it('… or as a snapshot when the writer prefers that', async () => {
    const history = new History(7)
    const { cache, writers } = await holding(history)
    history.change('', 'x A 192.0.2.2').change('', 'y A 192.0.2.2')
    writers.preferSnapshot = true
    cache.offer(history.payload(3))
    await until(() => cache.status().behind === 0)
    assert.deepEqual(writers.asked, ['steps >1', 'snapshot ≥3'])
  })
  it('more early events than are kept are fetched again', async () => {
    const history = new History(7)
    const { cache } = await holding(history, { earlyEvents: 2 })
    for (let host = 0; host < 9; host++) history.change('', `h${host} A 192.0.2.2`)
    for (let seq = 10; seq > 2; seq--) cache.offer(history.payload(seq))
    await until(() => cache.status().behind === 0)
    assert.equal((await got(cache)).seq, 10)
  })
  it('sweep finds what no event told of, and drops what has left the catalog or was deleted', async () => {
    const history = new History(7)
    const { cache, removed } = await holding(history)
    history.change('', 'x A 192.0.2.2')
    await cache.sweep()
    await until(() => cache.status().behind === 0)
    assert.equal((await got(cache)).seq, 2)
    removed.add(7)
    await cache.sweep()
    assert.equal(cache.status().held, 0)
    removed.clear()
    assert.equal((await got(cache)).seq, 2)
    history.remove()
    await cache.sweep()
    assert.equal(cache.status().held, 0)
    assert.equal(await cache.get(ZONE), undefined)
  })
  it('a deletion that comes as an event drops the zone', async () => {
    const history = new History(7)
    const { cache } = await holding(history)
    cache.offer(history.remove().payload(2))
    assert.equal(cache.status().held, 0)
    assert.equal(await cache.get(ZONE), undefined)
  })
})

describe('P4: after reach() nothing older is served', () => {
  it('at once when the zone is there already', async () => {
    const history = new History(7).change('', 'x A 192.0.2.2')
    const { cache, writers } = await holding(history)
    await cache.reach(7, 2)
    assert.deepEqual(writers.asked, [])
  })
  it('counts an event that has come as lacking until its turn, and does not ask for it', async () => {
    const history = new History(7)
    const { cache, writers } = await holding(history)
    history.change('', 'x A 192.0.2.2').change('', 'y A 192.0.2.3')
    for (const seq of [2, 3]) cache.arrived(history.payload(seq))
    assert.equal(cache.status().lagEvents, 2)
    cache.offer(history.payload(2))
    assert.deepEqual([cache.status().lagEvents, cache.status().behind], [1, 0])
    cache.offer(history.payload(3))
    assert.deepEqual([cache.status().lagEvents, cache.status().lagSeconds, writers.asked], [0, 0, []])
  })
  it('waits for the event that is under way, without asking for it', async () => {
    const history = new History(7)
    const { cache, writers } = await holding(history, { nudgeMs: 1_000, reachMs: 2_000 })
    history.change('', 'x A 192.0.2.2')
    let reached = false
    const reaching = cache.reach(7, 2)?.then(() => {
      reached = true
    })
    await new Promise(setImmediate)
    assert.equal(reached, false)
    cache.offer(history.payload(2))
    await reaching
    assert.deepEqual([(await got(cache)).seq, writers.asked], [2, []])
  })
  it('asks for the event when it does not come', async () => {
    const history = new History(7)
    const { cache, writers } = await holding(history)
    history.change('', 'x A 192.0.2.2')
    await cache.reach(7, 2)
    assert.deepEqual(writers.asked, ['steps >1'])
    const zone = cache.get(ZONE)
    assert.ok(!(zone instanceof Promise))
    assert.equal(zone.seq, 2)
  })
  it('gives up after a while; then queries get SERVFAIL until the zone has caught up, never older data', async () => {
    const history = new History(7)
    const { cache, writers } = await holding(history, { queryWaitMs: 80 })
    history.change('', 'x A 192.0.2.2')
    writers.visible = 1
    await cache.reach(7, 2)
    assert.equal(cache.counters.reachTimeouts, 1)
    for (let round = 0; round < 3; round++) assert.equal(await cache.get(ZONE), undefined)
    writers.visible = 2
    await until(() => !(cache.get(ZONE) instanceof Promise))
    assert.equal((await got(cache)).seq, 2)
  })
  it('a query that waits is answered as soon as the event is there', async () => {
    const history = new History(7)
    const { cache, writers } = await holding(history, { queryWaitMs: 2_000 })
    history.change('', 'x A 192.0.2.2')
    const wait = gate()
    writers.script.push(wait.promise)
    await cache.reach(7, 2)
    const waiting = cache.get(ZONE)
    assert.ok(waiting instanceof Promise)
    cache.offer(history.payload(2))
    assert.equal((await waiting)?.seq, 2)
    wait.open()
  })
  it('a zone that is not held is not fetched, but a later snapshot must be new enough', async () => {
    const history = new History(7).change('', 'x A 192.0.2.2')
    const writers = new FakeWriters(history)
    const { cache } = cacheOf(writers, { queryWaitMs: 2_000 })
    writers.visible = 1
    await cache.reach(7, 2)
    assert.deepEqual(writers.asked, [])
    const zone = cache.get(ZONE)
    await until(() => writers.asked.length >= 2)
    writers.visible = 2
    assert.equal((await zone)?.seq, 2)
    assert.equal(writers.asked[0], 'snapshot ≥2')
  })
  it('a snapshot that was under way before the promise is not served when it is older', async () => {
    const history = new History(7)
    const writers = new FakeWriters(history)
    const { cache } = cacheOf(writers)
    const sent = gate()
    const taken = writers.snapshot.bind(writers)
    writers.snapshot = async (...asked) => {
      const zone = await taken(...asked)
      await sent.promise
      return zone
    }
    writers.visible = 1
    const zone = cache.get(ZONE)
    await new Promise(setImmediate)
    writers.visible = 2
    history.change('', 'x A 192.0.2.2')
    await cache.reach(7, 2)
    sent.open()
    assert.equal((await zone)?.seq, 2)
    assert.deepEqual(writers.asked, ['snapshot ≥0', 'steps >1'])
  })
  it('holds when the zone leaves the catalog and comes back while the answer waits', async () => {
    const history = new History(7)
    const { cache, removed, writers } = await holding(history, { queryWaitMs: 100, attempts: 1 })
    history.change('', 'x A 192.0.2.2')
    writers.visible = 1
    const reaching = cache.reach(7, 2)
    removed.add(7)
    await cache.sweep()
    removed.delete(7)
    await reaching
    assert.equal(await cache.get(ZONE), undefined)
    writers.visible = 2
    await until(() => {
      void cache.get(ZONE)
      return cache.held(7)?.seq === 2
    })
  })
  it('is forgotten once the catalog has been without the zone for minutes: it was deleted, and ids are not used again', async () => {
    const clock = new Clock()
    const { cache, removed } = await holding(new History(7), {}, { now: clock.now })
    await cache.reach(7, 1)
    await cache.reach(8, 1)
    await cache.sweep()
    removed.add(7)
    clock.ms += 240_000
    await cache.sweep()
    assert.equal(cache.known, 2)
    clock.ms += 61_000
    await cache.sweep()
    assert.equal(cache.known, 1)
    clock.ms += 240_000
    await cache.sweep()
    assert.equal(cache.known, 0)
  })
  it('holds when the zone is dropped in between', async () => {
    const history = new History(7).change('', 'x A 192.0.2.2')
    const { cache, writers } = await holding(history, { queryWaitMs: 100 })
    await cache.reach(7, 2)
    cache.forget(7)
    writers.visible = 1
    assert.equal(await cache.get(ZONE), undefined)
  })
})

describe('what cannot be trusted is fetched again, counted, never served', () => {
  it('an event that does not apply', async () => {
    const history = new History(7)
    const { cache, writers } = await holding(history)
    history.append('update', Buffer.from('nonsense'), 2)
    const bad = history.payload(2)
    history.events.length = 1
    history.change('', 'x A 192.0.2.2')
    cache.offer(bad)
    assert.ok(cache.get(ZONE) instanceof Promise)
    assert.deepEqual(recordTexts(await got(cache)), recordTexts(history.contentsAt(2)))
    assert.deepEqual([cache.counters.faults, writers.asked], [1, ['snapshot ≥0']])
  })
  it('an event whose hash does not hold', async () => {
    const history = new History(7)
    const { cache } = await holding(history)
    const damaged = Buffer.from(history.change('', 'x A 192.0.2.2').payload(2))
    damaged[200]! ^= 1
    cache.offer(damaged)
    assert.equal((await got(cache)).seq, 2)
    assert.equal(cache.counters.faults, 1)
  })
  it('an event of a version that this program does not know', async () => {
    const { cache } = await holding(new History(7))
    cache.offer(Uint8Array.of(99, 1, 2, 3))
    cache.offer(new Uint8Array())
    assert.deepEqual([cache.counters.faults, cache.status().held], [2, 1])
  })
  it('another history under the same number, seen by an event or by a sweep', async () => {
    for (const tell of ['event', 'sweep']) {
      const { cache, writers } = await holding(new History(7).change('', 'x A 192.0.2.2'))
      const other = new History(7).change('', 'y A 192.0.2.2')
      ;(writers as { history: History }).history = other
      if (tell === 'event') cache.offer(other.payload(2))
      else await cache.sweep()
      assert.deepEqual(recordTexts(await got(cache)), recordTexts(other.contentsAt(2)), tell)
      assert.equal(cache.counters.faults, 1)
    }
  })
  it('events of a gap that do not apply: a snapshot instead', async () => {
    const history = new History(7)
    const { cache, writers } = await holding(history)
    history.change('', 'x A 192.0.2.2').change('', 'y A 192.0.2.2')
    writers.tamper = (step) => ({ ...step, diff: Buffer.from('nonsense') })
    cache.offer(history.payload(3))
    assert.equal((await got(cache)).seq >= 1, true)
    await until(() => cache.status().behind === 0)
    assert.equal((await got(cache)).seq, 3)
    assert.equal(cache.counters.faults, 1)
  })
})

describe('when writers fail', () => {
  it('another try is made at once', async () => {
    const writers = new FakeWriters(new History(7))
    writers.script.push(new NotServed('failed'), new Error('cut short'))
    const { cache } = cacheOf(writers)
    assert.equal((await got(cache)).seq, 1)
    assert.equal(cache.counters.failedFetches, 2)
  })
  it('one that is busy is asked again as long as it says so: that is no failure', async () => {
    const writers = new FakeWriters(new History(7))
    writers.script.push(...new Array(3).fill(new NotServed('busy')))
    const { cache } = cacheOf(writers, { attempts: 1 })
    assert.equal((await got(cache)).seq, 1)
    assert.deepEqual([cache.counters.failedFetches, cache.counters.busyWriters], [0, 3])
  })
  it('after several the query is refused at once, and the writers are left alone for a while', async () => {
    const writers = new FakeWriters(new History(7))
    writers.script.push(...new Array(2).fill(new NotServed('no-writer')))
    const { cache } = cacheOf(writers, { attempts: 2, retryMs: 10_000 })
    assert.equal(await cache.get(ZONE), undefined)
    assert.equal(await cache.get(ZONE), undefined)
    assert.deepEqual([writers.asked.length, cache.counters.unavailable], [2, 2])
  })
  it('what is held goes on being served, marked as degraded until a writer answers', async () => {
    const { cache, writers } = await holding(new History(7))
    writers.script.push(new NotServed('no-writer'))
    await cache.sweep()
    assert.equal(cache.status().degraded, true)
    assert.equal((await got(cache)).seq, 1)
    await cache.sweep()
    assert.equal(cache.status().degraded, false)
  })
  it('a zone that is behind is still served where nothing newer was promised', async () => {
    const history = new History(7)
    const { cache, writers } = await holding(history, { attempts: 1, retryMs: 10_000 })
    history.change('', 'x A 192.0.2.2').change('', 'y A 192.0.2.2')
    writers.script.push(new NotServed('no-writer'))
    cache.offer(history.payload(3))
    await until(() => cache.counters.failedFetches === 1)
    assert.equal((await got(cache)).seq, 1)
    assert.equal(cache.status().behind, 1)
  })
})

describe('how far behind a zone is', () => {
  it('in events and seconds: what is known to exist and is not here, and since when', async () => {
    const history = new History(7)
    const clock = new Clock()
    const { cache, writers } = await holding(history, { attempts: 1, retryMs: 60_000 }, { now: clock.now })
    assert.deepEqual([cache.status().lagEvents, cache.status().lagSeconds], [0, 0])
    for (let host = 0; host < 3; host++) history.change('', `h${host} A 192.0.2.2`)
    writers.script.push(new NotServed('no-writer'))
    cache.offer(history.payload(4))
    await until(() => cache.counters.failedFetches === 1)
    clock.ms += 5_000
    assert.deepEqual([cache.status().lagEvents, cache.status().lagSeconds], [3, 5])
    for (const seq of [2, 3]) cache.offer(history.payload(seq))
    assert.deepEqual([cache.status().behind, cache.status().lagEvents, cache.status().lagSeconds], [0, 0, 0])
  })
  it('and how long each event took from being decided to being applied', async () => {
    const history = new History(7)
    const took: number[] = []
    const { cache } = await holding(history, {}, { onApplied: (ms) => took.push(ms) })
    cache.offer(history.change('', 'x A 192.0.2.2').payload(2))
    assert.equal(took.length, 1)
    assert.ok(Math.abs(took[0]! - (Date.now() - history.events[1]!.decidedAt)) < 60_000)
  })
})

describe('a zone that nobody has confirmed for the expire time of its SOA (86,400 s here)', () => {
  const LONG = 86_400_000
  const expiring = async () => {
    const history = new History(7)
    const clock = new Clock()
    const { cache, writers } = await holding(history, { attempts: 1, retryMs: 0 }, { now: clock.now })
    return { history, clock, cache, writers }
  }
  it('is served until then, and not any more', async () => {
    const { clock, cache, writers } = await expiring()
    clock.ms += LONG
    assert.equal((await got(cache)).seq, 1)
    clock.ms += 1
    writers.script.push(new NotServed('no-writer'))
    assert.equal(await cache.get(ZONE), undefined)
    assert.deepEqual([cache.status().expired, cache.counters.expired], [1, 1])
    assert.ok(cache.isExpired(ZONE))
    assert.equal(cache.status().unconfirmedSeconds, (LONG + 1) / 1_000)
  })
  it('is served again as soon as a writer says that it is current', async () => {
    const { clock, cache, writers } = await expiring()
    clock.ms += LONG + 1
    assert.equal((await got(cache)).seq, 1)
    assert.deepEqual([writers.asked, cache.status().expired], [['steps >1'], 0])
  })
  it('is confirmed by each sweep', async () => {
    const { clock, cache } = await expiring()
    for (let day = 0; day < 3; day++) {
      clock.ms += LONG
      await cache.sweep()
    }
    assert.ok(!(cache.get(ZONE) instanceof Promise))
  })
  it('… and by each event', async () => {
    const { history, clock, cache } = await expiring()
    for (let day = 0; day < 3; day++) {
      clock.ms += LONG
      cache.offer(history.change('', `d${day} A 192.0.2.2`).payload(history.seq))
    }
    assert.ok(!(cache.get(ZONE) instanceof Promise))
  })
  it('… but not by a sweep that tells of events which cannot be had', async () => {
    const { history, clock, cache, writers } = await expiring()
    history.change('', 'x A 192.0.2.2')
    for (let day = 0; day < 2; day++) {
      clock.ms += LONG / 2 + 1
      writers.script.push(Promise.resolve(), new NotServed('failed'))
      await cache.sweep()
      await until(() => cache.counters.failedFetches === day + 1)
    }
    writers.script.push(new NotServed('failed'))
    assert.equal(await cache.get(ZONE), undefined)
  })
})
