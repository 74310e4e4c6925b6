import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { NatsConnection } from 'nats'
import {
  type CommitHow,
  PartitionWorker,
  type PartitionWorkerContext,
} from '../../services/zone-writer/consume/partition-worker.ts'
import { ClaimLost } from '../../services/zone-writer/store/claims.ts'
import { newCommandId } from '../../shared/command-id.ts'
import type { UpdateCommand } from '../../shared/commands.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { silentLogger } from '../../shared/log.ts'
import { commandHeaders } from '../../shared/messaging/command-codec.ts'
import { COMMANDS_STREAM, commandSubject, consumerName } from '../../shared/messaging/subjects.ts'
import { CommandStreams } from '../support/command-streams.ts'
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

/** Gives the command's id. */
async function queueOne(): Promise<string> {
  const id = newCommandId(Date.now())
  const command: UpdateCommand = {
    id,
    zoneId: 7,
    zone: nameOf('example.com'),
    fingerprint: Buffer.alloc(32),
    edgeId: 'edge',
    identity: 'unsigned',
    source: { address: '127.0.0.1', port: 53 },
    transport: 'udp',
    receivedAt: Date.now(),
    deadline: Date.now() + 10_000,
    message: Uint8Array.of(1),
  }
  await nats.jetstream().publish(commandSubject(partition), command.message, {
    headers: commandHeaders(command),
  })
  return id
}

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
    commit: async (queue, how, settle) => {
      tries.push({ ids: queue.map(({ command }) => command.id), how })
      if (isAway()) throw away()
      settle([])
    },
    ...more,
  })
  return { worker, tries }
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
