import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { PartitionClaims } from '../../services/zone-writer/consume/partition-claims.ts'
import { ClaimSession, heldPartitions } from '../../services/zone-writer/store/claims.ts'
import { silentLogger } from '../../shared/log.ts'
import { CommandStreams } from '../support/command-streams.ts'
import { queueCommand } from '../support/queued-command.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

let streams: CommandStreams
let proxy: TcpProxy | undefined

before(async () => {
  streams = await CommandStreams.prepare()
})
after(() => streams.close())
afterEach(() => {
  proxy?.close()
})

const held = async () => await heldPartitions(streams.system.db)

describe('partitions of a writer', () => {
  it('are free when it is frozen, though its connection stands; one that is only idle keeps its own', async (t) => {
    const { url } = streams.system.database
    proxy = await TcpProxy.to(Number(new URL(url).port))
    const [idle, frozen] = [await ClaimSession.open(url), await ClaimSession.open(proxy.reroute(url))]
    t.after(() => Promise.all([idle.close(), frozen.close()]))
    assert.deepEqual(await idle.claim([1], 1), [1])
    assert.deepEqual(await frozen.claim([2], 1), [2])
    proxy.holdBack = () => true
    await until('Postgres has freed them', async () => !(await held()).has(2))
    assert.deepEqual(await held(), new Set([1]))
  })

  it('are free at once when their writer lets go of them or ends, and the others are told', async (t) => {
    const { url } = streams.system.database
    const [one, other] = [await ClaimSession.open(url), await ClaimSession.open(url)]
    t.after(() => Promise.all([one.close(), other.close()]))
    let told = 0
    one.onFreed = () => assert.fail('it knows what it did itself')
    other.onFreed = () => {
      told++
    }
    const before = await other.liveWriters()
    assert.deepEqual(await one.claim([5, 6], 2), [5, 6])
    await one.release(5)
    await until('it is told of one that was handed over', () => told === 1)
    assert.deepEqual(await other.claim([5, 6], 2), [5])
    await one.letGo()
    await until('it is told of the end', () => told === 2)
    assert.deepEqual(await other.claim([6], 1), [6])
    assert.equal(await other.liveWriters(), before - 1)
  })

  it('are handed over and taken while one of them still finishes its commit', async (t) => {
    const { nats, system } = streams
    const slow = Promise.withResolvers<void>()
    let isCommitting = false
    await queueCommand(nats, 15)
    const claims = new PartitionClaims({
      nats,
      log: silentLogger(),
      databaseUrl: system.database.url,
      partitions: 16,
      isProven: () => true,
      isConnected: () => true,
      mayWork: () => true,
      onClaimed: () => {},
      commit: async (_queue, _how, settle) => {
        isCommitting = true
        await slow.promise
        settle([])
      },
    })
    t.after(async () => {
      slow.resolve()
      await claims.stop()
    })
    await until('it has all of them', async () => (await held()).size === 16)
    await until('it commits', () => isCommitting)
    const other = await ClaimSession.open(system.database.url)
    t.after(() => other.close())
    await until('half of them are free, but for the busy one', async () => (await held()).size === 9)
    await other.close()
    await until('it has them again', async () => (await held()).size === 16)
    slow.resolve()
    await claims.stop()
    assert.deepEqual(await held(), new Set())
  })

  it('are lost with the session that had them, which may have been with a Postgres that is gone, but not by an end in order', async (t) => {
    const { nats, system } = streams
    let [lost, claimed] = [0, 0]
    const claims = new PartitionClaims({
      ...{ nats, log: silentLogger(), databaseUrl: system.database.url, partitions: 16 },
      ...{ isProven: () => true, isConnected: () => true, mayWork: () => true, commit: async () => {} },
      onClaimed: () => {
        claimed++
      },
      onSessionLost: () => {
        lost++
      },
    })
    t.after(() => claims.stop())
    await until('it has them', async () => (await held()).size === 16)
    await sql`
      select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())`.execute(system.db)
    await until('it has them again', () => claimed === 2)
    const before = lost
    assert.ok(before > 0)
    await claims.stop()
    assert.equal(lost, before)
  })
})
