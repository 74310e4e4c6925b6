import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import type { NatsConnection } from 'nats'
import { commitBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import { Publisher } from '../../services/zone-writer/publish/publisher.ts'
import { restMs, Sweep } from '../../services/zone-writer/publish/sweep.ts'
import { decodeEvent } from '../../shared/events/event-codec.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
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
    for (const name of ['a.example', 'b.example', 'c.example', 'd.example'])
      zones.push((await system.api(writer).createZone(name, { allowUpdate: ['127.0.0.1'] })).id)
    // its own sweep is none of this
    await writer.close()
    nats = await connectNats(system.nats.url, 'test', log)
  })
  after(async () => {
    await nats?.close()
    await system?.close()
  })

  /** Commits so many updates, of which nobody tells NATS; gives the numbers of their events. */
  async function committed(zoneId: number, count: number): Promise<number[]> {
    const queue = Array.from({ length: count }, (_, i) => ({
      command: commandOf(zoneId, update({ updates: [addA(`h${i}.example.com.`, '192.0.2.1')] })),
      queuedAt: Date.now(),
    }))
    const { events } = await commitBatch(system.commits, queue, Date.now)
    return events.map(({ seq }) => seq)
  }

  /** A sweep with its own memory of what is confirmed, and what it sends of a zone. */
  async function sweeping(zoneId: number): Promise<{ publisher: Publisher; sent: number[]; begin(): Sweep }> {
    const sent: number[] = []
    nats.subscribe(eventSubject(zoneId), {
      callback: (_, { data }) => void sent.push(decodeEvent(data).seq),
    })
    await nats.flush()
    const publisher = new Publisher(nats, log)
    const begin = () =>
      new Sweep({ db: system.db, publisher, log, partitionCount: PARTITIONS, held: () => ALL })
    return { publisher, sent, begin }
  }

  async function publishedOf(zoneId: number): Promise<number> {
    const { rows } = await sql<{ published: number }>`
      select published_seq as published from zone where id = ${zoneId}`.execute(system.db)
    return rows[0]!.published
  }

  it('sends those again that were not confirmed, and no others', async () => {
    const [zone] = zones as [number, ...number[]]
    const seqs = await committed(zone, 7)
    const [first, second, third, , fifth] = seqs as [number, number, number, number, number]
    const { publisher, sent, begin } = await sweeping(zone)
    publisher.confirmed.add({ zoneId: zone, from: 1, to: second })
    publisher.confirmed.add({ zoneId: zone, from: fifth, to: fifth })
    const sweep = begin()
    await until('all is recorded', async () => (await publishedOf(zone)) === seqs.at(-1))
    assert.deepEqual(
      sent,
      seqs.filter((seq) => seq >= third && seq !== fifth),
    )
    assert.equal(publisher.confirmed.of(zone), undefined, `nothing is left to record, from ${first} on`)
    await sweep.stop()
  })

  it('finds what is left behind by somebody who published nothing, also while it goes on', async () => {
    const [, zone] = zones as [number, number, ...number[]]
    const { sent, begin } = await sweeping(zone)
    const sweep = begin()
    const before = await committed(zone, 2)
    await until('the first are recorded', async () => (await publishedOf(zone)) === before.at(-1))
    const later = await committed(zone, 2)
    await until('the others are recorded', async () => (await publishedOf(zone)) === later.at(-1))
    assert.deepEqual([...new Set(sent)], [...before, ...later])
    await sweep.stop()
  })

  it('records it when the zone is free, where something holds it meanwhile, and sends nothing again for that', async () => {
    const [, , zone] = zones as [number, number, number, ...number[]]
    const { sent, begin, publisher } = await sweeping(zone)
    const seqs = await committed(zone, 3)
    const last = seqs.at(-1)!
    let sweep: Sweep | undefined
    await system.db.transaction().execute(async (trx) => {
      await sql`select from zone where id = ${zone} for update`.execute(trx)
      sweep = begin()
      await until('it is confirmed', () => publisher.confirmed.of(zone)?.to === last)
    })
    await until('it is recorded', async () => (await publishedOf(zone)) === last)
    assert.deepEqual(sent, seqs)
    await sweep!.stop()
  })

  it('has all recorded that was confirmed when it ends', async () => {
    const zone = zones[3]!
    const { publisher, sent, begin } = await sweeping(zone)
    const sweep = begin()
    const last = (await committed(zone, 1)).at(-1)!
    publisher.confirmed.add({ zoneId: zone, from: 1, to: last })
    await sweep.stop()
    assert.equal(await publishedOf(zone), last)
    assert.ok(sent.length <= 1)
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
    const [first, , third] = events
    const publisher = new Publisher(nats, silentLogger())
    await publisher.publish([first!, third!])
    assert.deepEqual(publisher.confirmed.missingAfter(id, first!.seq), {
      from: first!.seq + 1,
      to: first!.seq + 1,
    })
  })
})
