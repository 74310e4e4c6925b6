import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { commitBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import type { QueuedCommand } from '../../services/zone-writer/batch/decide-batch.ts'
import { ZoneMemory } from '../../services/zone-writer/batch/zone-memory.ts'
import type { UpdateCommand } from '../../shared/commands.ts'
import { Class, rcodeToText, Type } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { commandOf } from '../support/command.ts'
import { addA, noName, update } from '../support/dns-client.ts'
import { historyIsWhole } from '../support/history.ts'
import { type RunningWriter, TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

// P1, P2, P6, P9 where a writer decides on what it left a zone as, without a look: whatever was changed meanwhile, it is as if it had looked.

let system: TestSystem
let writer: RunningWriter
let api: AdminApi
let zoneId: number

before(async () => {
  system = await TestSystem.prepare()
  writer = await system.writer()
  api = system.api(writer)
  zoneId = (await api.createZone('example.com', { allowUpdate: ['127.0.0.1'] })).id
})
after(async () => await system?.close())

/** A writer's memory, and how often it could be rested on. */
class Writer {
  readonly memory = new ZoneMemory()
  readonly tries: boolean[] = []

  constructor() {
    const { tried } = this.memory
    this.memory.tried = (zones, held) => {
      this.tries.push(held)
      tried.call(this.memory, zones, held)
    }
  }

  async decide(...queue: QueuedCommand[]): Promise<string[]> {
    const { outcomes } = await commitBatch(system.commits, queue, Date.now, { memory: this.memory })
    return outcomes.map(({ outcome }) => rcodeToText(outcome.rcode))
  }
}

const queued = (message: Uint8Array, more: Partial<UpdateCommand> = {}): QueuedCommand => ({
  command: commandOf(zoneId, message, more),
  queuedAt: Date.now(),
})
let names = 0
const newName = () => `k${++names}.example.com.`
const adding = (name: string, address = '192.0.2.1') => queued(update({ updates: [addA(name, address)] }))
const onlyOnce = (name: string) =>
  update({ prerequisites: [noName(name)], updates: [addA(name, '192.0.2.7')] })
const without = (name: string): ResourceRecord => ({
  ...addA(name, '0.0.0.0', 0),
  type: Type.ANY,
  class: Class.ANY,
  rdata: new Uint8Array(),
})

/** One that has left the zone as it is now. */
async function acquainted(): Promise<Writer> {
  const one = new Writer()
  await one.decide(adding(newName()))
  return one
}

describe('a writer that knows what it left a zone as', () => {
  it('rests on that, for names that it knows and for new ones', async () => {
    const one = await acquainted()
    const name = newName()
    assert.deepEqual(await one.decide(adding(name), adding(newName())), ['NOERROR', 'NOERROR'])
    assert.deepEqual(await one.decide(queued(onlyOnce(name))), ['YXDOMAIN'])
    assert.deepEqual(await one.decide(queued(update({ updates: [without(name)] }))), ['NOERROR'])
    assert.deepEqual(await one.decide(queued(onlyOnce(name))), ['NOERROR'])
    assert.deepEqual(one.tries, [true, true, true, true])
  })

  it('looks again when another has changed the zone, and then knows it', async () => {
    const [one, other] = [await acquainted(), new Writer()]
    const name = newName()
    await other.decide(adding(name))
    assert.deepEqual(await one.decide(queued(onlyOnce(name))), ['YXDOMAIN'])
    assert.deepEqual(await one.decide(adding(newName())), ['NOERROR'])
    assert.deepEqual(one.tries, [false, true])
  })

  it('forgets what it knew of names when another has changed the zone', async () => {
    const [one, other] = [await acquainted(), new Writer()]
    const name = newName()
    await one.decide(adding(name))
    await other.decide(queued(update({ updates: [without(name)] })))
    // another name: the zone is known again, and that name is not
    await one.decide(adding(newName()))
    assert.deepEqual(await one.decide(queued(onlyOnce(name))), ['NOERROR'])
  })

  it('looks again where a name is in use that it took for unused', async () => {
    const name = newName()
    await new Writer().decide(adding(name))
    const one = await acquainted()
    assert.deepEqual(await one.decide(queued(onlyOnce(name))), ['YXDOMAIN'])
    assert.deepEqual(one.tries, [false])
  })

  it('looks first where a message speaks of what is there', async () => {
    const name = newName()
    await new Writer().decide(adding(name))
    const one = await acquainted()
    const replacing = update({ updates: [without(name), addA(name, '192.0.2.9')] })
    assert.deepEqual(await one.decide(queued(replacing)), ['NOERROR'])
    assert.deepEqual(one.tries, [])
  })

  it('P2: finds the outcome of a command that another has recorded, and of a re-send', async () => {
    const [one, other] = [await acquainted(), new Writer()]
    const message = onlyOnce(newName())
    const first = queued(message)
    await other.decide(first)
    await one.decide(adding(newName()))
    assert.deepEqual(await one.decide(first), ['NOERROR'])
    assert.deepEqual(await one.decide(queued(message)), ['NOERROR'])
    const again = queued(onlyOnce(newName()))
    await one.decide(again)
    // without its fingerprint only its id is the same
    const changed = { ...again, command: { ...again.command, fingerprint: new Uint8Array(32) } }
    assert.deepEqual(await one.decide(changed), ['NOERROR'])
  })

  it('P3: does not apply what was in time when it was decided, and late when the zone was free', async () => {
    const one = await acquainted()
    const deadline = Date.now() + 100
    const late = queued(update({ updates: [addA(newName(), '192.0.2.1')] }), { deadline })
    const decided = await system.db.transaction().execute(async (trx) => {
      await sql`select from zone where id = ${zoneId} for update`.execute(trx)
      const deciding = one.decide(late)
      await until('it is too late', async () => Date.now() > deadline)
      return { deciding }
    })
    assert.deepEqual(await decided.deciding, ['SERVFAIL'])
    assert.deepEqual(one.tries, [false])
  })

  it('keeps no name that holds much, and forgets the oldest', async () => {
    const one = await acquainted()
    const [large, first] = [newName(), newName()]
    const texts = Array.from({ length: 90 }, (_, index) => ({
      ...addA(large, '0.0.0.0'),
      type: Type.TXT,
      rdata: Uint8Array.from([200, ...Array.from({ length: 200 }, () => 33 + index)]),
    }))
    assert.deepEqual(await one.decide(queued(update({ updates: texts })), adding(first)), [
      'NOERROR',
      'NOERROR',
    ])
    const at = (name: string) => one.memory.at(zoneId, nameOf(name))
    assert.equal(at(large), undefined)
    assert.equal(at(first)?.get(Type.A)?.rdata.length, 1)
    for (let index = 0; index < 30_000; index++)
      one.memory.keepName(zoneId, nameOf(`m${index}.example.com.`), undefined)
    assert.equal(at(first), undefined)
    assert.equal(at('m29999.example.com.')?.size, 0)
  })

  it('goes by rules and limits as they are', async () => {
    const one = await acquainted()
    await api.patch('/v1/zones/example.com', { settings: { maxRecordsPerRrset: 1 } })
    const name = newName()
    const two = update({ updates: [addA(name, '192.0.2.1'), addA(name, '192.0.2.2')] })
    assert.deepEqual(await one.decide(queued(two)), ['REFUSED'])
    await api.put('/v1/zones/example.com/rules', { rules: [] })
    assert.deepEqual(await one.decide(adding(newName())), ['REFUSED'])
    await api.put('/v1/zones/example.com/rules', { rules: ['grant ip:127.0.0.1 zonesub ANY'] })
    assert.deepEqual(await one.decide(adding(newName())), ['NOERROR'])
  })

  it('P6: history is whole after all of that', async () => {
    const events = await historyIsWhole(system, zoneId)
    assert.equal(new Set(events.map(({ commandId }) => commandId)).size, events.length)
  })
})
