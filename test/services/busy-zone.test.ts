import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { type RawBuilder, sql } from 'kysely'
import { Committer } from '../../services/zone-writer/batch/committer.ts'
import type { QueuedCommand } from '../../services/zone-writer/batch/decide-batch.ts'
import { TriedCommands } from '../../services/zone-writer/batch/tried-commands.ts'
import { HeldBack } from '../../services/zone-writer/consume/held-back.ts'
import { WriterMetrics } from '../../services/zone-writer/metrics.ts'
import { noteTries, triedBefore } from '../../services/zone-writer/store/tries.ts'
import { connectDatabase, type DatabaseConnection } from '../../shared/database/connect.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { silentLogger } from '../../shared/log.ts'
import { commandOf } from '../support/command.ts'
import { addA, DnsClient, update } from '../support/dns-client.ts'
import { historyIsWhole } from '../support/history.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

describe('a zone that something long holds, such as an import', () => {
  let system: TestSystem
  let busy: number
  let free: number
  let client: DnsClient
  let commits: DatabaseConnection
  let committer: Committer

  before(async () => {
    system = await TestSystem.prepare()
    // all zones share one queue
    const onePartition = { ZONELOG_PARTITIONS: '1' }
    const api = system.api(await system.writer(onePartition))
    busy = (await api.createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })).id
    free = (await api.createZone('example.net', { allowUpdate: ['127.0.0.0/8'] })).id
    client = await DnsClient.to((await system.edge(onePartition)).port)
    await until(
      'the edge knows the zones',
      async () => (await client.rcode(add(FREE, 'first'))) === 'NOERROR',
    )
    commits = connectDatabase(system.database.url, {
      name: 'test',
      size: 1,
      statementMs: 5_000,
      lockMs: 50,
      prepares: true,
    })
    committer = new Committer(commits.pool, silentLogger(), new WriterMetrics())
  })
  after(async () => {
    client?.close()
    committer?.breaker.close()
    await commits?.close()
    await system?.close()
  })

  const BUSY = 'example.com.'
  const FREE = 'example.net.'
  const add = (zone: string, label: string) =>
    update({ zone, updates: [addA(`${label}.${zone}`, '192.0.2.1')] })

  async function whileHeld(what: RawBuilder<unknown>, work: () => Promise<void>): Promise<void> {
    await system.db.transaction().execute(async (trx) => {
      await what.execute(trx)
      await work()
    })
  }
  const zoneRow = () => sql`select 1 from zone where id = ${busy} for update`

  it('keeps no other zone waiting, and has its own updates decided in order once it is free', async () => {
    const answered: string[] = []
    let answers: Promise<void>[] = []
    await whileHeld(zoneRow(), async () => {
      answers = ['1', '2', '3'].map(async (label) => {
        const exists = { zone: BUSY, updates: [addA(`${label}.${BUSY}`, '192.0.2.1')] }
        assert.equal(await client.rcode(update(exists), 20_000), 'NOERROR')
        answered.push(label)
      })
      for (const label of ['a', 'b', 'c'])
        assert.equal(await client.rcode(add(FREE, label), 20_000), 'NOERROR')
      assert.deepEqual(answered, [], 'the zone is still held')
    })
    await Promise.all(answers)
    assert.deepEqual(answered, ['1', '2', '3'])
    await historyIsWhole(system, busy)
    await historyIsWhole(system, free, nameOf(FREE))
  })

  it('has its commands left out of a batch, none of them set aside, and is no reason to open the breaker', async () => {
    const queue = [
      { command: commandOf(busy, add(BUSY, 'left')), queuedAt: Date.now() },
      {
        command: commandOf(free, add(FREE, 'taken'), { zone: nameOf(FREE) }),
        queuedAt: Date.now(),
      },
    ]
    const reasons = (result: Awaited<ReturnType<Committer['commit']>>) =>
      result.outcomes.map(({ outcome }) => outcome.reason)
    await whileHeld(zoneRow(), async () => {
      const first = await committer.commit(queue)
      assert.deepEqual(first.left, [queue[0]])
      assert.deepEqual(reasons(first), ['applied'])
      const again = await committer.commit(queue, true)
      assert.deepEqual(again.left, [queue[0]])
      assert.equal(again.repeats, 1, 'the other is answered from history')
    })
    assert.equal(committer.breaker.state, 'closed')
    const last = await committer.commit(queue)
    assert.deepEqual(last.left, [])
    assert.deepEqual(reasons(last), ['applied', 'applied'])
  })

  it('has its commands left as they were where one of them may have ended its writer (docs/decisions/0021)', async () => {
    const commands = new TriedCommands(commits.db, committer, silentLogger())
    const queue = [busy, free].map((id, index) => {
      const zone = [BUSY, FREE][index]!
      return { command: commandOf(id, add(zone, 'suspect'), { zone: nameOf(zone) }), queuedAt: Date.now() }
    })
    const ids = queue.map(({ command }) => command.id)
    // a process that had each alone in hand, and ended
    for (const id of ids) await noteTries(commits.db, [id], randomUUID())
    const aloneBefore = async () => {
      const tried = await triedBefore(commits.db, ids, randomUUID())
      return ids.map((id) => tried.get(id)?.alone)
    }
    await whileHeld(zoneRow(), async () => {
      for (const _ of ['once', 'twice']) {
        const { left } = await commands.commit(queue, true)
        assert.deepEqual(left, [queue[0]])
        assert.deepEqual(await aloneBefore(), [1, undefined])
      }
    })
    assert.deepEqual((await commands.commit(queue, true)).left, [])
    assert.deepEqual(await aloneBefore(), [undefined, undefined])
  })
})

describe('commands that are held back', () => {
  const taken = (zoneId: number, message: string) => ({
    message,
    hasWaited: false,
    queued: { command: { zoneId }, queuedAt: 0 } as QueuedCommand,
  })
  const names = (some: readonly { message: string }[]) => some.map(({ message }) => message)

  it('are passed by none of their own zone, and by all others', () => {
    let now = 0
    const heldBack = new HeldBack<string>(() => now)
    const batch = [taken(1, 'first of 1'), taken(2, 'first of 2')]
    assert.deepEqual(heldBack.admit(batch), batch)
    assert.equal(heldBack.dueMs, undefined)
    assert.deepEqual(names(heldBack.keep(batch, [batch[0]!.queued])), ['first of 2'])
    assert.equal(heldBack.dueMs, 50)
    const next = [taken(1, 'second of 1'), taken(2, 'second of 2')]
    assert.deepEqual(names(heldBack.admit(next)), ['second of 2'])
    assert.deepEqual(names(heldBack.keep([next[1]!], [])), ['second of 2'])
    now = 50
    const due = heldBack.admit([taken(1, 'third of 1')])
    assert.deepEqual(names(due), ['first of 1', 'second of 1', 'third of 1'])
    assert.deepEqual(heldBack.keep(due, []), due)
    assert.equal(heldBack.isEmpty, true)
  })
})
