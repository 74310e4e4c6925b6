import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { sql } from 'kysely'
import type { NatsConnection } from 'nats'
import { commitBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import type { PublishedRanges } from '../../services/zone-writer/publish/published-ranges.ts'
import { Publisher } from '../../services/zone-writer/publish/publisher.ts'
import { restMs, Sweep } from '../../services/zone-writer/publish/sweep.ts'
import { markPublished } from '../../services/zone-writer/store/published.ts'
import { decodeEvent } from '../../shared/events/event-codec.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { ensureStreams } from '../../shared/messaging/streams.ts'
import { eventSubject } from '../../shared/messaging/subjects.ts'
import { commandOf } from '../support/command.ts'
import { addA, update } from '../support/dns-client.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

// What was committed and is not known to have reached NATS is published again, whoever committed it: readers of the stream lack nothing (P6).

const PARTITIONS = 16
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition)

describe('the sweep for events that are missing in the stream', () => {
  const log = silentLogger()
  let system: TestSystem
  let nats: NatsConnection
  const zones: number[] = []

  before(async () => {
    system = await TestSystem.prepare()
    const writer = await system.writer()
    for (let number = 0; number < 9; number++)
      zones.push((await system.api(writer).createZone(`z${number}.example`, {})).id)
    // its own sweep is none of this
    await writer.close()
    nats = await connectNats(system.nats.url, 'test', log)
  })
  after(async () => {
    await nats?.close()
    await system?.close()
  })

  /** Commits so many updates, of which nobody tells NATS; gives the numbers of their events. */
  async function committed(zoneId: number, count: number, published?: PublishedRanges): Promise<number[]> {
    const queue = Array.from({ length: count }, (_, i) => ({
      command: commandOf(zoneId, update({ updates: [addA(`h${i}.example.com.`, '192.0.2.1')] })),
      queuedAt: Date.now(),
    }))
    const { events } = await commitBatch(system.commits, queue, Date.now, { published })
    return events.map(({ seq }) => seq)
  }

  /** A sweep with a memory of its own of what is confirmed, for a zone of which it sends what is missing. */
  async function sweeping(t: TestContext) {
    const zone = zones.pop()!
    const sent: number[] = []
    const subscription = nats.subscribe(eventSubject(zone), {
      callback: (_, { data }) => void sent.push(decodeEvent(data).seq),
    })
    t.after(() => subscription.unsubscribe())
    await nats.flush()
    const publisher = new Publisher(nats, log)
    const begin = (): Sweep => {
      const sweep = new Sweep({ db: system.db, publisher, log, partitionCount: PARTITIONS, held: () => ALL })
      t.after(() => sweep.stop())
      return sweep
    }
    return { zone, publisher, sent, begin }
  }

  async function publishedOf(zoneId: number): Promise<number> {
    const { rows } = await sql<{ published: number }>`
      select published_seq as published from zone where id = ${zoneId}`.execute(system.db)
    return rows[0]!.published
  }

  it('sends those again that were not confirmed, and no others', async (t) => {
    const { zone, publisher, sent, begin } = await sweeping(t)
    const seqs = await committed(zone, 7)
    const [, second, third, , fifth] = seqs as [number, number, number, number, number]
    publisher.confirmed.add({ zoneId: zone, from: 1, to: second })
    publisher.confirmed.add({ zoneId: zone, from: fifth, to: fifth })
    begin()
    await until('all is recorded', async () => (await publishedOf(zone)) === seqs.at(-1))
    assert.deepEqual(
      sent,
      seqs.filter((seq) => seq >= third && seq !== fifth),
    )
    await until('nothing is left to record', () => publisher.confirmed.of(zone) === undefined)
  })

  it('finds what is left behind by somebody who published nothing, also while it goes on', async (t) => {
    const { zone, sent, begin } = await sweeping(t)
    begin()
    const before = await committed(zone, 2)
    await until('the first are recorded', async () => (await publishedOf(zone)) === before.at(-1))
    const later = await committed(zone, 2)
    await until('the others are recorded', async () => (await publishedOf(zone)) === later.at(-1))
    assert.deepEqual([...new Set(sent)], [...before, ...later])
  })

  it('finds it though another writer, which knows of some of it, moves the cursor on meanwhile', async (t) => {
    const { zone, sent, begin } = await sweeping(t)
    const [first] = (await committed(zone, 1)) as [number]
    begin()
    let cursor = first - 1
    await until('an event of somebody else is sent', async () => {
      await committed(zone, 2)
      cursor++
      await markPublished(system.db, [{ zoneId: zone, from: cursor, to: cursor }])
      return sent.some((seq) => seq > cursor)
    })
  })

  it('sends nothing of what is recorded while it waits for NATS', async (t) => {
    const { zone, publisher, sent, begin } = await sweeping(t)
    const seqs = await committed(zone, 40)
    const { confirmed } = publisher
    confirmed.add({ zoneId: zone, from: 1, to: seqs[0]! })
    confirmed.add({ zoneId: zone, from: seqs[2]!, to: seqs.at(-1)! })
    const published = t.mock.method(publisher, 'publish')
    const sweep = begin()
    system.nats.pause()
    sweep.hurry(ALL)
    await until('it sends the one that is missing', () => published.mock.callCount() > 0)
    // the confirmation of the first time comes after all, and the next batch records all of it
    confirmed.add({ zoneId: zone, from: seqs[1]!, to: seqs[1]! })
    const [last] = await committed(zone, 1, confirmed)
    assert.equal(await publishedOf(zone), seqs.at(-1))
    confirmed.add({ zoneId: zone, from: last!, to: last! })
    system.nats.resume()
    await until('all is recorded', async () => (await publishedOf(zone)) === last)
    assert.deepEqual(new Set(sent), new Set([seqs[1]]))
  })

  it('records it when the zone is free, where something holds it meanwhile, and sends nothing again for that', async (t) => {
    const { zone, sent, begin, publisher } = await sweeping(t)
    const seqs = await committed(zone, 3)
    await system.db.transaction().execute(async (trx) => {
      await sql`select from zone where id = ${zone} for update`.execute(trx)
      begin().hurry(ALL)
      await until('it is confirmed', () => publisher.confirmed.of(zone)?.to === seqs.at(-1))
    })
    await until('it is recorded', async () => (await publishedOf(zone)) === seqs.at(-1))
    assert.deepEqual(sent, seqs)
  })

  it('goes on with other zones where the events of one cannot be sent', async (t) => {
    const { zone, sent, begin } = await sweeping(t)
    const bad = zones.shift()!
    const [first] = await committed(bad, 1)
    const seqs = await committed(zone, 1)
    await sql`update zone_event set source_port = -1 where zone_id = ${bad} and seq = ${first}`.execute(
      system.db,
    )
    begin().hurry(ALL)
    await until('the other is recorded', async () => (await publishedOf(zone)) === seqs.at(-1))
    assert.deepEqual(sent, seqs)
    assert.ok((await publishedOf(bad)) < first!)
  })

  it('lets go of what cannot be recorded: of zones that are gone, and of events that Postgres has lost', async (t) => {
    const { zone, begin, publisher } = await sweeping(t)
    const before = await publishedOf(zone)
    publisher.confirmed.add({ zoneId: zone, from: 1, to: before + 3 })
    publisher.confirmed.add({ zoneId: 999_999, from: 1, to: 1 })
    begin()
    await until('neither is left', () =>
      [zone, 999_999].every((id) => publisher.confirmed.of(id) === undefined),
    )
    assert.equal(await publishedOf(zone), before)
  })

  it('has all recorded that was confirmed when it ends', async (t) => {
    const { zone, publisher, begin } = await sweeping(t)
    const sweep = begin()
    const last = (await committed(zone, 1)).at(-1)!
    publisher.confirmed.add({ zoneId: zone, from: 1, to: last })
    await sweep.stop()
    assert.equal(await publishedOf(zone), last)
  })

  it('looks at all zones less often where looks take long, but not for one that had to wait', () => {
    assert.equal(restMs(14, 14), 700)
    assert.equal(restMs(3_000, 14), 700)
    assert.equal(restMs(150, 3_000), 7_500)
    assert.equal(restMs(300, 300), 10_000)
  })
})

describe('what a writer says of its events in the stream', () => {
  it('is nothing of one between them that was not its own', async (t) => {
    const system = await TestSystem.prepare()
    t.after(() => system.close())
    const nats = await connectNats(system.nats.url, 'test', silentLogger())
    t.after(() => nats.close())
    const writer = await system.writer()
    const { id } = await system.api(writer).createZone('example.com', { allowUpdate: ['127.0.0.1'] })
    const queue = Array.from({ length: 3 }, (_, i) => ({
      command: commandOf(id, update({ updates: [addA(`h${i}.example.com.`, '192.0.2.1')] })),
      queuedAt: Date.now(),
    }))
    const { events } = await commitBatch(system.commits, queue, Date.now)
    const [first, second, third] = events
    const publisher = new Publisher(nats, silentLogger())
    await publisher.publish([first!, third!])
    assert.deepEqual(publisher.confirmed.missing(id, first!.seq, third!.seq), [
      { zoneId: id, from: second!.seq, to: second!.seq },
    ])
  })

  it('is nothing any more when it may have lost them with its Postgres, also of those under way', async (t) => {
    const system = await TestSystem.prepare()
    t.after(() => system.close())
    const nats = await connectNats(system.nats.url, 'test', silentLogger())
    t.after(() => nats.close())
    await ensureStreams(nats, 1)
    const publisher = new Publisher(nats, silentLogger())
    await publisher.publishNotice({ zoneId: 1, seq: 2 })
    assert.equal(publisher.confirmed.of(1)?.to, 2)
    const underWay = publisher.publishNotice({ zoneId: 1, seq: 3 })
    publisher.forgetConfirmed()
    await underWay
    assert.equal(publisher.confirmed.of(1), undefined)
    await publisher.publishNotice({ zoneId: 1, seq: 4 })
    assert.equal(publisher.confirmed.of(1)?.from, 4)
  })
})
