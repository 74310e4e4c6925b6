import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import { Inbox } from '../../services/zone-writer/consume/inbox.ts'
import { Patience } from '../../services/zone-writer/consume/patience.ts'
import { COMMANDS_STREAM, commandSubject } from '../../shared/messaging/subjects.ts'
import { CONSUMER_HEARTBEAT_MS } from '../../shared/time-limits.ts'
import { CommandStreams } from '../support/command-streams.ts'

let streams: CommandStreams
let nats: NatsConnection

before(async () => {
  streams = await CommandStreams.prepare()
  nats = streams.nats
})
after(() => streams.close())

describe('a consumer of commands', () => {
  it('is given up when it says nothing, long before the connection is known to be lost', async () => {
    const inbox = await Inbox.open(nats, 99)
    streams.system.nats.pause()
    await assert.rejects(inbox.next(1), /heartbeats_missed/)
    streams.system.nats.resume()
    inbox.close()
  })

  it('gets twice as long each time in a row that it is made anew, within a bound, until a command comes', () => {
    const patience = new Patience()
    const waits = Array.from({ length: 5 }, () => {
      const { heartbeatMs } = patience
      patience.saidNothing()
      return heartbeatMs / CONSUMER_HEARTBEAT_MS
    })
    assert.deepEqual(waits, [1, 2, 4, 8, 8])
    patience.saidSomething()
    assert.equal(patience.heartbeatMs, CONSUMER_HEARTBEAT_MS)
  })

  it('is deleted once, though JetStream does not say that it was: what is deleted after that would be the next one', async (t) => {
    const partition = 96
    const { far, proxy } = await streams.farFrom(t)
    const former = await Inbox.open(nats, partition)
    former.close()
    proxy.alter = (octets) => (octets.includes('consumer_delete_response') ? Buffer.alloc(0) : octets)
    const inbox = await Inbox.open(far, partition)
    const js = nats.jetstream()
    // for longer than a request waits for its answer
    for (const end = performance.now() + 1_500; performance.now() < end; ) {
      const { seq } = await js.publish(commandSubject(partition))
      const { messages } = await inbox.next(1)
      assert.deepEqual(
        messages.map(({ info }) => info.streamSequence),
        [seq],
      )
      inbox.settle(messages)
      await delay(10)
    }
    inbox.close()
  })

  it('is made anew where a command that it has given does not come: the next one must not go before it (P9)', async (t) => {
    const partition = 95
    const { far, proxy } = await streams.farFrom(t)
    const inbox = await Inbox.open(far, partition)
    const js = nats.jetstream()
    const isLost = Promise.withResolvers<void>()
    proxy.alter = (octets) => {
      if (!octets.includes(`$JS.ACK.${COMMANDS_STREAM}.`)) return octets
      proxy.alter = (later) => later
      isLost.resolve()
      return Buffer.alloc(0)
    }
    const lost = await js.publish(commandSubject(partition))
    await isLost.promise
    const next = await js.publish(commandSubject(partition))
    await assert.rejects(inbox.next(2), /did not come/)
    const anew = await Inbox.open(far, partition)
    const { messages } = await anew.next(1)
    assert.deepEqual(
      [...messages, ...(messages.length < 2 ? (await anew.next(1)).messages : [])].map(({ seq }) => seq),
      [lost.seq, next.seq],
    )
    anew.close()
  })

  it('gives nothing to one that had it before, though that one has not looked yet whether it still has it (P9)', async () => {
    const heartbeatMs = 200
    const partition = 97
    const former = await Inbox.open(nats, partition, heartbeatMs)
    const owner = await Inbox.open(nats, partition)
    const js = nats.jetstream()
    const [published, came]: [number[], number[]] = [[], []]
    // for longer than it takes the former one to miss its heartbeats, and to ask anew
    for (const end = performance.now() + 6 * heartbeatMs; performance.now() < end; ) {
      published.push((await js.publish(commandSubject(partition))).seq)
      const { messages } = await owner.next(1, 5 * heartbeatMs)
      came.push(...messages.map(({ info }) => info.streamSequence))
      owner.settle(messages)
      await delay(10)
    }
    assert.deepEqual(came, published, 'each, in order')
    // or, where the machine is slow to tell it so, that it hears nothing
    await assert.rejects(former.next(1), /consumer_deleted|heartbeats_missed/)
    owner.close()
    former.close()
  })
})
