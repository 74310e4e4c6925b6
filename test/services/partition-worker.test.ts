import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { NatsConnection } from 'nats'
import { commandsFrom } from '../../services/zone-writer/consume/leftovers.ts'
import {
  type CommitHow,
  PartitionWorker,
  type PartitionWorkerContext,
} from '../../services/zone-writer/consume/partition-worker.ts'
import { ClaimLost } from '../../services/zone-writer/store/claims.ts'
import { silentLogger } from '../../shared/log.ts'
import { COMMANDS_STREAM, commandSubject, consumerName } from '../../shared/messaging/subjects.ts'
import { CommandStreams } from '../support/command-streams.ts'
import { queueCommand } from '../support/queued-command.ts'
import { until } from '../support/until.ts'

let streams: CommandStreams
let nats: NatsConnection
let partition = 50

before(async () => {
  streams = await CommandStreams.prepare()
  nats = streams.nats
})
after(() => streams.close())
beforeEach(() => {
  partition++
})

const queueOne = async () => await queueCommand(nats, partition)

async function consumerMadeAt(): Promise<string> {
  const manager = await nats.jetstreamManager()
  return (await manager.consumers.info(COMMANDS_STREAM, consumerName(partition))).created
}

async function waitingCommands(): Promise<number> {
  const manager = await nats.jetstreamManager()
  const { state } = await manager.streams.info(COMMANDS_STREAM, {
    subjects_filter: commandSubject(partition),
  })
  return state.subjects?.[commandSubject(partition)] ?? 0
}

const away = () => Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })

interface Try {
  readonly ids: readonly string[]
  readonly how: CommitHow
}

/** A worker whose commits fail while `isAway`; what it tries to commit is listed. */
function startWorker(isAway: () => boolean, more: Partial<PartitionWorkerContext> = {}) {
  const tries: Try[] = []
  const worker = new PartitionWorker(partition, {
    nats,
    log: silentLogger(),
    isProven: () => true,
    confirmClaim: async () => 'held',
    mayWork: () => true,
    // on a busy machine a consumer may take long to be made
    patienceMs: 60_000,
    commit: async (queue, how, settle) => {
      tries.push({ ids: queue.map(({ command }) => command.id), how })
      if (isAway()) throw away()
      settle([])
    },
    ...more,
  })
  return { worker, tries }
}

/** How often the consumer was asked for commands and has not given any. */
async function pullsOf(): Promise<number> {
  const manager = await nats.jetstreamManager()
  const found = await manager.consumers.info(COMMANDS_STREAM, consumerName(partition)).catch(() => undefined)
  return found?.num_waiting ?? 0
}

async function commandsInHand(): Promise<number> {
  const manager = await nats.jetstreamManager()
  return (await manager.consumers.info(COMMANDS_STREAM, consumerName(partition))).num_ack_pending
}

describe('a worker of a partition, while Postgres is away', () => {
  it('tries the same batch again, takes nothing new into it, and keeps its consumer', async () => {
    let isAway = true
    const first = await queueOne()
    const { worker, tries } = startWorker(() => isAway)
    await until('it has tried', async () => tries.length > 0)
    const made = await consumerMadeAt()
    const second = await queueOne()
    await until('the next has come', async () => (await commandsInHand()) === 2)
    const before = tries.length
    await until('it has tried again', async () => tries.length > before)
    isAway = false
    await until('all is settled', async () => (await waitingCommands()) === 0)
    const last = tries.pop()
    assert.deepEqual(last!.ids, [second])
    assert.deepEqual([...new Set(tries.map(({ ids }) => ids.join()))], [first])
    assert.ok(
      tries.every(({ how }) => how.haveWaited),
      'another process may have had it in hand, still',
    )
    assert.equal(await consumerMadeAt(), made)
    await worker.stop()
  })

  it('makes its consumer anew when that takes longer', async () => {
    let mayWork = true
    const id = await queueOne()
    const { worker, tries } = startWorker(() => tries.length === 1, { mayWork: () => mayWork, keepMs: 200 })
    await until('it has tried', async () => tries.length > 0)
    mayWork = false
    const made = await consumerMadeAt()
    const manager = await nats.jetstreamManager()
    await until('it asks for nothing', async () => {
      const { num_waiting } = await manager.consumers.info(COMMANDS_STREAM, consumerName(partition))
      return num_waiting === 0
    })
    mayWork = true
    await until('all is settled', async () => (await waitingCommands()) === 0)
    assert.deepEqual(
      tries.map(({ ids }) => ids),
      [[id], [id]],
    )
    assert.notEqual(await consumerMadeAt(), made)
    await worker.stop()
  })

  it('ends when it is stopped, though a batch is to be tried again and nobody says whether it holds the partition', async () => {
    await queueOne()
    const { worker, tries } = startWorker(() => true, {
      confirmClaim: () => (tries.length === 0 ? Promise.resolve('held') : new Promise(() => {})),
    })
    await until('it has tried', async () => tries.length > 0)
    await worker.stop()
    assert.equal(tries.length, 1)
  })

  it('ends when it is stopped, though what holds the partition is gone by then', async () => {
    await queueOne()
    const { worker, tries } = startWorker(() => true, {
      confirmClaim: async () => {
        if (tries.length > 0) throw new ClaimLost('gone')
      },
    })
    await until('it has tried', async () => tries.length > 0)
    await worker.stop()
    assert.equal(tries.length, 1)
  })

  it('works only from a consumer that it made while it held the partition: another writer may have made this one (P9)', async () => {
    const claims = ['first', 'second', 'second']
    const seen: number[] = []
    await queueOne()
    const { worker, tries } = startWorker(() => false, {
      confirmClaim: async () => {
        seen.push(tries.length)
        return claims.shift() ?? 'third'
      },
    })
    await until('all is settled', async () => (await waitingCommands()) === 0)
    assert.deepEqual(seen, [0, 0, 0, 0, 0, 0])
    assert.equal(tries.length, 1)
    await worker.stop()
  })
})

describe('commands of a partition in the stream', () => {
  const seqs = [3, 4, 9, 10, 11, 12, 13, 40, 41, 300, 301, 302, 303, 304, 305]
  const read = async (from: number, most: number) => {
    let rounds = 0
    let isAsked = false
    const ask = async (place: number) => {
      if (!isAsked) rounds++
      isAsked = true
      await Promise.resolve()
      isAsked = false
      const seq = seqs.find((one) => one >= place)
      return seq === undefined ? undefined : { seq }
    }
    const found = await commandsFrom(ask, from, most)
    return { found: found.map(({ seq }) => seq), rounds }
  }

  it('are read in their order, none left out, whatever lies between them', async () => {
    for (const from of [1, 4, 5, 14, 300, 306])
      for (const most of [1, 2, 5, 50])
        assert.deepEqual(
          (await read(from, most)).found,
          seqs.filter((seq) => seq >= from).slice(0, most),
          `${most} from ${from}`,
        )
  })

  it('in fewer round trips than there are of them', async () =>
    assert.ok((await read(1, 50)).rounds < seqs.length))

  it('none is passed by that comes between two questions of a round trip: those behind it are found again', async () => {
    const stream = [1, 2]
    const ask = async (place: number) => {
      const seq = stream.find((one) => one >= place)
      // three come when the first place behind the end was asked for
      if (seq === undefined && stream.length === 2) stream.push(3, 4, 5)
      return seq === undefined ? undefined : { seq }
    }
    assert.deepEqual(await commandsFrom(ask, 1, 50), [{ seq: 1 }, { seq: 2 }])
    assert.deepEqual(await commandsFrom(ask, 3, 50), [{ seq: 3 }, { seq: 4 }, { seq: 5 }])
  })

  it('no further than there is time', async () => {
    let rounds = 0
    const ask = async (place: number) => ({ seq: place })
    assert.ok((await commandsFrom(ask, 1, 1_000, () => rounds++ === 3)).length < 1_000)
  })
})

describe('a worker of a partition', () => {
  it('says of what it held back whether another process may have had it in hand', async () => {
    const waited = await queueOne()
    const tries: Try[] = []
    let isHeld = true
    const { worker } = startWorker(() => false, {
      commit: async (queue, how, settle) => {
        tries.push({ ids: queue.map(({ command }) => command.id), how })
        settle(isHeld ? queue : [])
      },
    })
    await until('it is held back', async () => tries.length > 2)
    isHeld = false
    await until('it is settled', async () => (await waitingCommands()) === 0)
    assert.ok(tries.every(({ ids, how }) => ids.includes(waited) && how.haveWaited))
    const next = await queueOne()
    await until('the next is settled', async () => tries.at(-1)!.ids.includes(next))
    assert.deepEqual(tries.at(-1)!.how, { leaveBusy: false, haveWaited: false })
    await worker.stop()
  })

  it('ends when it is stopped though NATS takes long to make its consumer, and takes nothing from it then', async (t) => {
    const { far, proxy } = await streams.farFrom(t)
    let asked = 0
    proxy.holdBack = (octets) => {
      const isHeld = octets.includes('CONSUMER.CREATE') || octets.includes('CONSUMER.DURABLE')
      if (isHeld) asked++
      return isHeld
    }
    await queueOne()
    const { worker, tries } = startWorker(() => false, { nats: far })
    await until('it makes its consumer', () => asked > 0)
    await worker.stop()
    assert.equal(asked, 1, 'it has not asked again meanwhile')
    proxy.release()
    await far.flush()
    assert.equal(await commandsInHand(), 0)
    assert.equal(tries.length, 0)
  })

  it('takes what comes out of the stream while NATS takes long to make its consumer, before what it has decided already', async (t) => {
    const { far, proxy } = await streams.farFrom(t)
    const decided: string[] = []
    let isSettled = false
    const commit: PartitionWorkerContext['commit'] = async (queue, _how, settle) => {
      decided.push(...queue.map(({ command }) => command.id))
      if (isSettled) settle([])
    }
    const { worker } = startWorker(() => false, { nats: far, commit, patienceMs: 50 })
    await until('it has asked its consumer', async () => (await pullsOf()) > 0)
    const before = [await queueOne(), await queueOne()]
    await until('both are decided, and stay in the stream', () => decided.length === 2)
    proxy.holdBack = (octets) => octets.includes('CONSUMER.CREATE') || octets.includes('CONSUMER.DURABLE')
    proxy.cut()
    proxy.mend()
    await until('the consumer is gone', async () => (await consumerMadeAt().catch(() => '')) === '')
    isSettled = true
    const next = await queueOne()
    await until('the next one is decided', () => decided.length > 2)
    assert.deepEqual(decided, [...before, next])
    assert.equal(await consumerMadeAt().catch(() => ''), '', 'there is no consumer')
    proxy.release()
    await until('those before come again with the consumer', async () => (await waitingCommands()) === 0)
    assert.deepEqual(decided, [...before, next, ...before])
    await worker.stop()
  })

  it('does without a consumer for a while when one after another gives nothing', async () => {
    const elsewhere = 1_000 + partition
    const { worker, tries } = startWorker(() => false)
    const manager = await nats.jetstreamManager()
    const asks = async (subject: number) =>
      await manager.consumers.update(COMMANDS_STREAM, consumerName(partition), {
        filter_subject: commandSubject(subject),
      })
    const many = async (count: number) => {
      await until('it has a consumer', async () => (await consumerMadeAt().catch(() => '')) !== '')
      // what comes meanwhile it has passed by when it asks for the right ones again
      await asks(elsewhere)
      const ids = await Promise.all(Array.from({ length: count }, queueOne))
      await asks(partition)
      await until('all are settled', async () => (await waitingCommands()) === 0)
      return ids
    }
    await many(1)
    const before = tries.length
    const ids = await many(120)
    const batches = tries.slice(before).map((one) => one.ids.length)
    assert.deepEqual(batches, [50, 50, 20], 'no more than so many are asked for one by one')
    assert.deepEqual(
      tries
        .slice(before)
        .flatMap((one) => one.ids)
        .sort(),
      ids.sort(),
    )
    await worker.stop()
  })
})
