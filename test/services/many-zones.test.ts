import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import type { CommittedBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import { Committer } from '../../services/zone-writer/batch/committer.ts'
import type { QueuedCommand } from '../../services/zone-writer/batch/decide-batch.ts'
import { JointCommits } from '../../services/zone-writer/batch/joint-commits.ts'
import { WriterMetrics } from '../../services/zone-writer/metrics.ts'
import { connectDatabase, type DatabaseConnection } from '../../shared/database/connect.ts'
import { rcodeToText } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { silentLogger } from '../../shared/log.ts'
import { commandOf } from '../support/command.ts'
import { addA, noName, update } from '../support/dns-client.ts'
import { historyIsWhole, historyOf } from '../support/history.ts'
import { TestSystem } from '../support/system.ts'

// Updates of many zones share a commit: each zone is as if it had been alone, and none holds up or breaks another (P1, P2, P5, P6, P9).

interface Zone {
  readonly id: number
  readonly name: string
}

let system: TestSystem
let zones: Zone[]
let writer: Writer

before(async () => {
  system = await TestSystem.prepare()
  const running = await system.writer()
  const api = system.api(running)
  zones = []
  for (let index = 0; index < 12; index++) {
    const { id } = await api.createZone(`z${index}.test`, { allowUpdate: ['127.0.0.1'] })
    zones.push({ id, name: `z${index}.test.` })
  }
  // what it does in the background locks zones for moments
  await running.close()
  writer = new Writer()
})
after(async () => {
  await writer?.close()
  await system?.close()
})

/** The part of a writer that commits, with a queue for each zone as if each had a partition of its own. */
class Writer {
  readonly announced: CommittedBatch[] = []
  private readonly connection: DatabaseConnection
  private readonly committer: Committer
  private readonly joint: JointCommits

  constructor(lockMs = 50) {
    const limits = { size: 8, statementMs: 10_000, lockMs, prepares: true }
    this.connection = connectDatabase(system.database.url, { name: 'test', ...limits })
    this.committer = new Committer(this.connection.pool, silentLogger(), new WriterMetrics())
    this.joint = new JointCommits(this.committer, (result) => this.announced.push(result))
  }

  /** All at once; gives what was left of each. */
  async commit(queues: readonly QueuedCommand[][]): Promise<(readonly QueuedCommand[])[]> {
    return await Promise.all(
      queues.map(async (queue) => {
        let left: readonly QueuedCommand[] | undefined
        await this.joint.commit(queue, (these) => {
          left = these
        })
        assert.ok(left !== undefined, 'it was settled')
        return left
      }),
    )
  }

  /** Until nothing is left. */
  async settle(queues: readonly QueuedCommand[][]): Promise<void> {
    const left = await this.commit(queues)
    const again = left.filter((some) => some.length > 0).map((some) => [...some])
    if (again.length > 0) await this.settle(again)
  }

  /** What each command was answered, and in how many messages for the edge; then that is forgotten. */
  takeAnswers(): { answers: Map<string, string>; announcements: number } {
    const announced = this.announced.splice(0)
    const told = announced.flatMap(({ outcomes }) => outcomes.map(({ outcome }) => outcome))
    return {
      answers: new Map(told.map(({ commandId, rcode }) => [commandId, rcodeToText(rcode)])),
      announcements: announced.length,
    }
  }

  async close(): Promise<void> {
    this.committer.breaker.close()
    await this.connection.close()
  }
}

/** Adds to a name that must not be in use. */
function once({ id, name }: Zone, label: string): QueuedCommand {
  const owner = `${label}.${name}`
  const message = update({
    zone: name,
    prerequisites: [noName(owner)],
    updates: [addA(owner, '192.0.2.1')],
  })
  return { command: commandOf(id, message, { zone: nameOf(name) }), queuedAt: Date.now() }
}

const idOf = ({ command }: QueuedCommand) => command.id

/** In how many transactions the events of these commands were written. */
async function transactionsOf(commands: readonly QueuedCommand[]): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(distinct xmin::text)::int as count from zone_event
    where command_id = any(${commands.map(idOf)}::uuid[])`.execute(system.db)
  return rows[0]!.count
}

async function allAreWhole(): Promise<void> {
  for (const { id, name } of zones) await historyIsWhole(system, id, nameOf(name))
}

describe('updates of many zones at once', () => {
  it('are committed in one transaction and told in one go, whether the zones are remembered or not', async () => {
    for (const label of ['looked-at', 'remembered', 'again']) {
      const queues = zones.map((zone) => [once(zone, label), once(zone, label)])
      assert.ok((await writer.commit(queues)).every((left) => left.length === 0))
      const { answers, announcements } = writer.takeAnswers()
      assert.equal(announcements, 1)
      assert.equal(await transactionsOf(queues.flat()), 1)
      for (const [first, second] of queues) {
        assert.equal(answers.get(idOf(first!)), 'NOERROR')
        assert.equal(answers.get(idOf(second!)), 'YXDOMAIN')
      }
    }
    await allAreWhole()
  })

  it('leave each zone with the events and serials that it would have alone', async () => {
    const [long, short] = zones as [Zone, Zone]
    const before = [await historyOf(system, long.id), await historyOf(system, short.id)]
    await writer.commit([[once(long, 'a'), once(long, 'b'), once(long, 'c')], [once(short, 'a')]])
    const gained = [await historyOf(system, long.id), await historyOf(system, short.id)].map(
      (events, index) => events.slice(before[index]!.length),
    )
    assert.deepEqual(
      gained.map((events) => events.map(({ serialBefore, serialAfter }) => serialAfter - serialBefore)),
      [[1, 1, 1], [1]],
    )
    await allAreWhole()
  })

  it('P2: find what was recorded before, beside updates that are new', async () => {
    const [first, other] = zones as [Zone, Zone]
    const known = once(first, 'redelivered')
    await writer.commit([[known]])
    writer.takeAnswers()
    const fresh = once(other, 'fresh')
    await writer.commit([[known], [fresh]])
    const { answers } = writer.takeAnswers()
    assert.deepEqual([...answers.values()], ['NOERROR', 'NOERROR'])
    assert.equal(await transactionsOf([known, fresh]), 2)
    await allAreWhole()
  })

  it('come through though another has changed some of the zones underneath', async () => {
    const other = new Writer()
    const [changed] = zones as [Zone]
    await other.commit([[once(changed, 'taken')]])
    await other.close()
    writer.takeAnswers()
    const queues = zones.map((zone) => [once(zone, 'taken')])
    await writer.commit(queues)
    const { answers } = writer.takeAnswers()
    assert.deepEqual(
      queues.map(([one]) => answers.get(idOf(one!))),
      zones.map((zone) => (zone === changed ? 'YXDOMAIN' : 'NOERROR')),
    )
    await allAreWhole()
  })
})

describe('updates that come while others are being committed', () => {
  it('gather for the next commit, unless they are few altogether', async () => {
    const patient = new Writer(10_000)
    const [busy, ...others] = zones as [Zone, ...Zone[]]
    const many = Array.from({ length: 20 }, (_, index) => once(busy, `many-${index}`))
    const late = others.map((zone) => once(zone, 'late'))
    const work: Promise<unknown>[] = []
    await system.db.transaction().execute(async (trx) => {
      await sql`lock table zone_event in share mode`.execute(trx)
      work.push(patient.commit([many]))
      for (const one of late) {
        await nextTurn()
        work.push(patient.commit([[one]]))
      }
    })
    await Promise.all(work)
    assert.equal(await transactionsOf(late), 1)
    assert.equal(patient.takeAnswers().announcements, 2)
    const few = others.slice(0, 3).map((zone) => once(zone, 'few'))
    await system.db.transaction().execute(async (trx) => {
      await sql`lock table zone_event in share mode`.execute(trx)
      for (const one of few) {
        work.push(patient.commit([[one]]))
        await nextTurn()
      }
    })
    await Promise.all(work)
    assert.equal(await transactionsOf(few), 3)
    await patient.close()
    await allAreWhole()
  })
})

describe('one zone of many', () => {
  it('that something holds, such as an import, waits alone', async () => {
    const [held, ...free] = zones as [Zone, ...Zone[]]
    const stuck = [once(held, 'held'), once(held, 'held')]
    writer.takeAnswers()
    await system.db.transaction().execute(async (trx) => {
      await sql`select from zone where id = ${held.id} for update`.execute(trx)
      const queues = free.map((zone) => [once(zone, 'free')])
      const left = await writer.commit([stuck, ...queues])
      assert.deepEqual(left, [stuck, ...free.map(() => [])])
      const { answers } = writer.takeAnswers()
      assert.deepEqual([...answers.keys()].sort(), queues.flat().map(idOf).sort())
      assert.deepEqual(new Set(answers.values()), new Set(['NOERROR']))
    })
    await writer.settle([stuck])
    assert.deepEqual([...writer.takeAnswers().answers.values()], ['NOERROR', 'YXDOMAIN'])
    await allAreWhole()
  })

  it('with a command that no transaction takes has it set aside with an event, and its neighbours applied', async () => {
    const [broken, ...others] = zones as [Zone, ...Zone[]]
    await sql`create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'poison'; end $$`.execute(system.db)
    await sql`create trigger poison before insert on rrset for each row when (new.owner like 'poison.%') execute function refuse()`.execute(
      system.db,
    )
    const poison = once(broken, 'poison')
    const queues = [[poison, once(broken, 'beside')], ...others.map((zone) => [once(zone, 'beside')])]
    writer.takeAnswers()
    assert.ok((await writer.commit(queues)).every((left) => left.length === 0))
    await sql`drop trigger poison on rrset`.execute(system.db)
    const { answers } = writer.takeAnswers()
    for (const id of queues.flat().map(idOf))
      assert.equal(answers.get(id), id === idOf(poison) ? 'SERVFAIL' : 'NOERROR')
    const event = (await historyOf(system, broken.id)).find(({ commandId }) => commandId === idOf(poison))
    assert.equal(event?.reason, 'fault')
    await allAreWhole()
  })
})

describe('two writers that take the same zones for theirs', () => {
  it('do not wait for each other for ever, and decide each command once', async () => {
    const other = new Writer()
    const rounds = Array.from({ length: 15 }, (_, round) => {
      const queues = zones.map((zone) => [once(zone, `round-${round}`)])
      return { queues, reversed: queues.toReversed() }
    })
    // the very same commands, as after a partition was taken over by mistake
    await Promise.all([
      ...rounds.map(({ queues }) => writer.settle(queues)),
      ...rounds.map(({ reversed }) => other.settle(reversed)),
    ])
    await other.close()
    const ids = rounds.flatMap(({ queues }) => queues.flat().map(idOf))
    const events = (await Promise.all(zones.map(({ id }) => historyOf(system, id)))).flat()
    const recorded = events.map(({ commandId }) => commandId).filter((id) => ids.includes(id))
    assert.equal(recorded.length, ids.length)
    assert.equal(new Set(recorded).size, ids.length)
    await allAreWhole()
  })
})
