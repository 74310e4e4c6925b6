import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { commitBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import type { QueuedCommand } from '../../services/zone-writer/batch/decide-batch.ts'
import { ZoneMemory } from '../../services/zone-writer/batch/zone-memory.ts'
import { PublishedRanges } from '../../services/zone-writer/publish/published-ranges.ts'
import { markPublished } from '../../services/zone-writer/store/published.ts'
import { fingerprintOf } from '../../shared/fingerprint.ts'
import { commandOf } from '../support/command.ts'
import { addA, keyOf, signed, update } from '../support/dns-client.ts'
import { TestSystem } from '../support/system.ts'

// How far the events of a zone have reached NATS, of which a writer that takes over publishes the rest again: the cursor never skips one.

const KEY = keyOf({
  name: 'demo',
  algorithm: 'hmac-sha256',
  secret: 'c2VjcmV0IG9mIHRlc3RzIG9mIHRoaXMgZmlsZQ==',
})

describe('what the stream of events has confirmed', () => {
  let now = 0
  let ranges: PublishedRanges
  const add = (from: number, to: number, zoneId = 1) => ranges.add({ zoneId, from, to })
  const fresh = () => {
    now = 0
    ranges = new PublishedRanges(() => now)
  }

  it('is one range where confirmations meet, in whatever order they come', () => {
    fresh()
    for (const [from, to] of [
      [8, 9],
      [3, 4],
      [5, 7],
    ] as const)
      add(from, to)
    assert.deepEqual(ranges.of(1), { zoneId: 1, from: 3, to: 9, since: 0 })
  })

  it('behind a gap stays until that is closed, by what is published again', () => {
    fresh()
    add(5, 6)
    add(2, 3)
    ranges.reached(1, 3)
    assert.deepEqual(
      ranges.due(() => 0),
      [{ zoneId: 1, from: 5, to: 6, since: 0 }],
    )
    // a batch that could not record it
    ranges.reached(1, 3)
    add(4, 4)
    assert.deepEqual(ranges.of(1), { zoneId: 1, from: 4, to: 6, since: 0 })
  })

  it('says what is missing', () => {
    fresh()
    add(4, 5)
    add(9, 9)
    const missing = (after: number, upTo: number) =>
      ranges.missing(1, after, upTo).map(({ from, to }) => `${from}-${to}`)
    assert.deepEqual(missing(1, 11), ['2-3', '6-8', '10-11'])
    assert.deepEqual(missing(3, 9), ['6-8'])
    assert.deepEqual(missing(4, 7), ['6-7'])
    assert.deepEqual(missing(5, 5), [])
    assert.deepEqual(missing(10, 9), [])
    assert.deepEqual(ranges.missing(2, 0, 3), [{ zoneId: 2, from: 1, to: 3 }])
  })

  it('keeps what is confirmed while the rest is recorded, as new', () => {
    fresh()
    add(1, 2)
    now = 700
    add(3, 4)
    ranges.reached(1, 2)
    now = 1_000
    assert.deepEqual(
      ranges.due(() => 1_000),
      [],
    )
    now = 1_700
    assert.deepEqual(
      ranges.due(() => 1_000),
      [{ zoneId: 1, from: 3, to: 4, since: 700 }],
    )
  })

  it('is told for each zone by itself', () => {
    fresh()
    add(1, 2)
    add(7, 7, 2)
    ranges.reached(1, 2)
    assert.equal(ranges.of(1), undefined)
    assert.equal(ranges.of(2)?.to, 7)
    add(3, 4)
    assert.deepEqual(
      ranges.due((zoneId) => (zoneId === 1 ? 1 : 0)).map(({ zoneId }) => zoneId),
      [2],
    )
  })

  it('is not believed where the zone has fewer events: Postgres has lost them, and their numbers come again', () => {
    fresh()
    add(2, 3)
    add(8, 9)
    ranges.endsAt(1, 9)
    assert.equal(ranges.of(1)?.from, 2)
    ranges.endsAt(1, 8)
    assert.equal(ranges.of(1), undefined)
  })
})

describe("a zone's cursor of published events", () => {
  let system: TestSystem
  const zones: number[] = []

  before(async () => {
    system = await TestSystem.prepare()
    const writer = await system.writer()
    const api = system.api(writer)
    for (const name of ['example.com', 'example.net'])
      zones.push((await api.createZone(name, { allowUpdate: ['127.0.0.1'] })).id)
    // it would publish, and record it
    await writer.close()
  })
  after(async () => await system?.close())

  let names = 0
  const adding = (zoneId: number): QueuedCommand => ({
    command: commandOf(zoneId, update({ updates: [addA(`p${++names}.example.com.`, '192.0.2.1')] })),
    queuedAt: Date.now(),
  })

  async function row(zoneId: number): Promise<{ seq: number; published: number }> {
    const { rows } = await sql<{ seq: number; published: number }>`
      select seq, published_seq as published from zone where id = ${zoneId}`.execute(system.db)
    return rows[0]!
  }

  for (const [how, memory] of [
    ['after a look', undefined],
    ['decided on what is remembered', new ZoneMemory()],
  ] as const)
    it(`is moved on by the next batch of the zone, ${how}`, async () => {
      const [zone] = zones as [number]
      const published = new PublishedRanges()
      const commit = () => commitBatch(system.commits, [adding(zone)], Date.now, { memory, published })
      await commit()
      const { seq } = await row(zone)
      published.add({ zoneId: zone, from: 1, to: seq })
      await commit()
      assert.deepEqual(await row(zone), { seq: seq + 1, published: seq })
      assert.equal(published.of(zone), undefined, 'it is recorded')
    })

  it('does not skip events that were not confirmed, and takes what is behind them when they are', async () => {
    const [zone] = zones as [number]
    const published = new PublishedRanges()
    const { published: before, seq } = await row(zone)
    assert.equal(seq, before + 1)
    await commitBatch(system.commits, [adding(zone)], Date.now, { published })
    published.add({ zoneId: zone, from: seq + 1, to: seq + 1 })
    await commitBatch(system.commits, [adding(zone)], Date.now, { published })
    assert.equal((await row(zone)).published, before)
    published.add({ zoneId: zone, from: seq, to: seq })
    await commitBatch(system.commits, [adding(zone)], Date.now, { published })
    assert.equal((await row(zone)).published, seq + 1)
    assert.equal(published.of(zone), undefined)
  })

  it('is not taken for moved on by a batch that was not committed', async () => {
    const [zone] = zones as [number]
    const published = new PublishedRanges()
    const before = await row(zone)
    published.add({ zoneId: zone, from: 1, to: before.seq })
    await sql`create function fail() returns trigger language plpgsql as 'begin raise exception ''no''; end'`.execute(
      system.db,
    )
    await sql`create trigger fail before update on zone execute function fail()`.execute(system.db)
    await assert.rejects(commitBatch(system.commits, [adding(zone)], Date.now, { published }), /no/)
    await sql`drop trigger fail on zone`.execute(system.db)
    assert.deepEqual([await row(zone), published.of(zone)?.to], [before, before.seq])
  })

  it('is not taken for moved on by a batch of repeats, which changes no row', async () => {
    const [zone] = zones as [number]
    const published = new PublishedRanges()
    const command = adding(zone)
    await commitBatch(system.commits, [command], Date.now)
    const before = await row(zone)
    published.add({ zoneId: zone, from: 1, to: before.seq })
    const { repeats } = await commitBatch(system.commits, [command], Date.now, { published })
    assert.deepEqual([repeats, await row(zone), published.of(zone)?.to], [1, before, before.seq])
  })

  it('is moved on by a batch that has a re-send of another signature as well', async () => {
    const [zone] = zones as [number]
    const published = new PublishedRanges()
    const message = update({ updates: [addA(`p${++names}.example.com.`, '192.0.2.1')] })
    const more = {
      identity: 'key:demo',
      fingerprint: fingerprintOf('key:demo', '127.0.0.1', message),
    } as const
    const signedAt = (seconds: number): QueuedCommand => ({
      command: commandOf(zone, signed(message, KEY, seconds), more),
      queuedAt: Date.now(),
    })
    const now = Math.floor(Date.now() / 1_000)
    await commitBatch(system.commits, [signedAt(now)], Date.now)
    const { seq } = await row(zone)
    published.add({ zoneId: zone, from: 1, to: seq })
    const { repeats } = await commitBatch(system.commits, [signedAt(now + 1), adding(zone)], Date.now, {
      published,
    })
    assert.deepEqual([repeats, await row(zone)], [1, { seq: seq + 1, published: seq }])
    assert.equal(published.of(zone), undefined)
  })

  it('does not reach events that Postgres has lost since they were confirmed', async () => {
    const [zone] = zones as [number]
    const before = await row(zone)
    const lost = { zoneId: zone, from: 1, to: before.seq + 3 }
    assert.deepEqual(await markPublished(system.db, [lost]), new Map([[zone, { id: zone, ...before }]]))
    const published = new PublishedRanges()
    published.add(lost)
    await commitBatch(system.commits, [adding(zone)], Date.now, { published })
    assert.deepEqual(await row(zone), { seq: before.seq + 1, published: before.published })
    assert.equal(published.of(zone), undefined, 'it is not believed any more')
    await markPublished(system.db, [{ zoneId: zone, from: 1, to: before.seq + 1 }])
  })

  it('does not go back', async () => {
    const [zone] = zones as [number]
    const { published, seq } = await row(zone)
    assert.ok(published > 1)
    await markPublished(system.db, [{ zoneId: zone, from: 1, to: 1 }])
    assert.deepEqual(await row(zone), { seq, published })
  })

  it('is left where something else holds the zone, and others are moved on', async () => {
    const [held, free] = zones as [number, number]
    await commitBatch(system.commits, [adding(held), adding(free)], Date.now)
    const marks = await Promise.all(
      [held, free].map(async (zoneId) => ({ zoneId, from: 1, to: (await row(zoneId)).seq })),
    )
    const before = await row(held)
    await system.db.transaction().execute(async (trx) => {
      await sql`select from zone where id = ${held} for update`.execute(trx)
      assert.deepEqual([...(await markPublished(system.db, marks)).keys()], [free])
    })
    assert.deepEqual(await row(held), before)
    assert.equal((await row(free)).published, marks[1]!.to)
    assert.deepEqual([...(await markPublished(system.db, marks)).keys()].sort(), [held, free].sort())
    assert.equal((await row(held)).published, marks[0]!.to)
  })

  it('of a zone that is gone is nobody’s business', async () => {
    assert.deepEqual(
      await markPublished(system.db, [{ zoneId: 999_999, from: 1, to: 1 }]),
      new Map([[999_999, undefined]]),
    )
  })
})
