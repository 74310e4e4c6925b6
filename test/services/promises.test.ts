import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { commitBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import type { UpdateCommand } from '../../shared/commands.ts'
import { Rcode } from '../../shared/dns/codes.ts'
import type { TsigKey } from '../../shared/dns/tsig.ts'
import { RESEND_LOOK_BACK_MS } from '../../shared/time-limits.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { commandOf } from '../support/command.ts'
import { addA, DnsClient, keyOf, newId, noName, signed, update } from '../support/dns-client.ts'
import { historyIsWhole, historyOf } from '../support/history.ts'
import { decoded } from '../support/spec.ts'
import { type RunningEdge, TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

let system: TestSystem
let api: AdminApi
let edge: RunningEdge
let otherEdge: RunningEdge
let client: DnsClient
let other: DnsClient
let key: TsigKey
let zoneId: number

before(async () => {
  ;({ system, api, edge } = await TestSystem.start())
  otherEdge = await system.edge()
  key = keyOf(await api.createKey('demo'))
  zoneId = (await api.createZone('example.com', { allowUpdate: ['demo', '127.0.0.0/8'] })).id
  await until('both edges know the zone', async () => {
    const known = await Promise.all(
      [edge, otherEdge].map(async ({ httpPort }) => (await health(httpPort)).zones.known),
    )
    return known.every((count) => count === 1)
  })
  client = await DnsClient.to(edge.port)
  other = await DnsClient.to(otherEdge.port)
})

after(async () => {
  client?.close()
  other?.close()
  await system?.close()
})

async function health(port: number) {
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever fields it names
  return (await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()) as any
}

let names = 0
function newName(): string {
  return `n${++names}.example.com.`
}

describe('P1 NOERROR leaves only after the commit', () => {
  it('is silent while the transaction cannot commit, and answers when it has', async () => {
    const name = newName()
    const { promise: mayCommit, resolve: letCommit } = Promise.withResolvers<void>()
    const { promise: locked, resolve: isLocked } = Promise.withResolvers<void>()
    const holder = system.db.transaction().execute(async (trx) => {
      await sql`select 1 from zone where id = ${zoneId} for update`.execute(trx)
      isLocked()
      await mayCommit
    })
    await locked
    const answer = client.rcode(update({ updates: [addA(name, '192.0.2.1')] }))
    const early = await Promise.race([answer, waitingForTheLock()])
    assert.equal(early, 'the writer waits')
    letCommit()
    await holder
    assert.equal(await answer, 'NOERROR')
    const stored = await system.db.selectFrom('rrset').selectAll().where('owner', '=', name).execute()
    assert.equal(stored.length, 1)
  })

  async function waitingForTheLock(): Promise<string> {
    await until('the writer waits for the zone row', async () => {
      const { rows } =
        await sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`.execute(
          system.db,
        )
      return rows.length > 0
    })
    return 'the writer waits'
  }
})

describe('P2 a command takes effect at most once', () => {
  /** An update that could not succeed twice: the name must not be in use. */
  const once = (name: string) => update({ prerequisites: [noName(name)], updates: [addA(name, '192.0.2.2')] })

  async function eventsFor(name: string): Promise<number> {
    const events = await historyOf(system, zoneId)
    const isOfName = (message: Uint8Array) =>
      decoded(message).authorities.some((record) => record.name === name)
    return events.filter(({ message }) => message.length > 0 && isOfName(message)).length
  }

  it('a byte-identical re-send gets the first outcome', async () => {
    const name = newName()
    const message = once(name)
    assert.deepEqual([await client.rcode(message), await client.rcode(message)], ['NOERROR', 'NOERROR'])
    assert.equal(await eventsFor(name), 1)
  })

  it('from another port as well', async () => {
    const name = newName()
    const message = once(name)
    const elsewhere = await DnsClient.to(edge.port)
    assert.deepEqual([await client.rcode(message), await elsewhere.rcode(message)], ['NOERROR', 'NOERROR'])
    assert.equal(await eventsFor(name), 1)
    elsewhere.close()
  })

  it('through another edge as well', async () => {
    const name = newName()
    const message = once(name)
    assert.deepEqual([await client.rcode(message), await other.rcode(message)], ['NOERROR', 'NOERROR'])
    assert.equal(await eventsFor(name), 1)
  })

  it('signed again as well, by whichever edge', async () => {
    const name = newName()
    const message = once(name)
    const now = Date.now() / 1_000
    assert.equal(await client.rcode(signed(message, key, now)), 'NOERROR')
    assert.equal(await client.rcode(signed(message, key, now + 1)), 'NOERROR')
    assert.equal(await other.rcode(signed(message, key, now + 2)), 'NOERROR')
    assert.equal(await eventsFor(name), 1)
  })

  it('while the first is undecided, both get its outcome', async () => {
    const name = newName()
    const message = once(name)
    const answers = await Promise.all([client.rcode(message), other.rcode(message), client.rcode(message)])
    assert.deepEqual(answers, ['NOERROR', 'NOERROR', 'NOERROR'])
    assert.equal(await eventsFor(name), 1)
  })

  it('a first outcome that was an error is repeated too', async () => {
    const name = newName()
    const refused = update({
      prerequisites: [{ ...noName(name), class: 255 }],
      updates: [addA(name, '192.0.2.2')],
    })
    assert.equal(await client.rcode(refused), 'NXDOMAIN')
    assert.equal(await client.rcode(update({ updates: [addA(name, '192.0.2.2')] })), 'NOERROR')
    assert.deepEqual([await client.rcode(refused), await other.rcode(refused)], ['NXDOMAIN', 'NXDOMAIN'])
  })

  it('another message id is another request', async () => {
    const name = newName()
    assert.equal(await client.rcode(once(name)), 'NOERROR')
    assert.equal(await client.rcode(once(name)), 'YXDOMAIN')
    assert.equal(await eventsFor(name), 2)
  })

  it('another identity is another sender', async () => {
    const name = newName()
    const message = once(name)
    assert.equal(await client.rcode(message), 'NOERROR')
    assert.equal(await client.rcode(signed(message, key)), 'YXDOMAIN')
  })

  it('a redelivered command finds its recorded outcome, and leaves no second event', async () => {
    const name = newName()
    const queue = [{ command: command(once(name)), queuedAt: Date.now() }]
    const first = await commitBatch(system.commits, queue, Date.now)
    const again = await commitBatch(system.commits, queue, Date.now)
    assert.equal(first.outcomes[0]!.outcome.rcode, Rcode.NOERROR)
    assert.deepEqual(again.outcomes[0]!.outcome, first.outcomes[0]!.outcome)
    assert.equal(again.repeats, 1)
    assert.equal(await eventsFor(name), 1)
  })

  it('well after 30 s the same octets are a new request', async () => {
    const name = newName()
    const message = once(name)
    const queuedAt = Date.now()
    const first = await commitBatch(system.commits, [{ command: command(message), queuedAt }], Date.now)
    const late = await commitBatch(
      system.commits,
      [{ command: command(message), queuedAt: queuedAt + RESEND_LOOK_BACK_MS + 1 }],
      Date.now,
    )
    assert.equal(first.outcomes[0]!.outcome.rcode, Rcode.NOERROR)
    assert.equal(late.outcomes[0]!.outcome.rcode, Rcode.YXDOMAIN)
  })
})

const command = (message: Uint8Array, more: Partial<UpdateCommand> = {}) => commandOf(zoneId, message, more)

describe('P3 an error means not applied', () => {
  it('a command past its deadline is recorded, never applied, and its re-send is decided on its own', async () => {
    const name = newName()
    const message = update({ updates: [addA(name, '192.0.2.3')] })
    const queuedAt = Date.now()
    const late = await commitBatch(
      system.commits,
      [{ command: command(message, { deadline: queuedAt - 1 }), queuedAt }],
      Date.now,
    )
    assert.equal(late.outcomes[0]!.outcome.reason, 'expired')
    assert.equal(late.events[0]!.diff.length, 0)
    const resend = await commitBatch(
      system.commits,
      [{ command: command(message), queuedAt: queuedAt + 1_000 }],
      Date.now,
    )
    assert.equal(resend.outcomes[0]!.outcome.rcode, Rcode.NOERROR)
  })
})

describe('P4 read your writes', () => {
  it('after NOERROR the same edge never answers older data', async () => {
    const name = newName()
    for (let round = 1; round <= 150; round++) {
      const address = `192.0.2.${round}`
      const replace = update({
        updates: [{ ...addA(name, '0.0.0.0', 0), class: 255, rdata: new Uint8Array() }, addA(name, address)],
      })
      assert.equal(await client.rcode(replace), 'NOERROR')
      assert.deepEqual(await client.query(name, 'A'), [address])
    }
  })

  it('nor while many others update', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => DnsClient.to(edge.port)))
    await Promise.all(
      clients.map(async (each, index) => {
        for (let round = 0; round < 15; round++) {
          const name = `p4-${index}-${round}.example.com.`
          assert.equal(await each.rcode(update({ updates: [addA(name, '192.0.2.4')] })), 'NOERROR')
          assert.deepEqual(await each.query(name, 'A'), ['192.0.2.4'])
        }
      }),
    )
    for (const each of clients) each.close()
  })

  it('other edges follow', async () => {
    const name = newName()
    await other.query('example.com.', 'SOA')
    assert.equal(await client.rcode(update({ updates: [addA(name, '192.0.2.5')] })), 'NOERROR')
    await until('the other edge serves it', async () => (await other.query(name, 'A')).length === 1)
  })
})

describe('P5 every command leaves one event, whatever its outcome', () => {
  it('one for each rcode', async () => {
    const before = (await historyOf(system, zoneId)).length
    const name = newName()
    const outside = { ...addA('www.example.net.', '192.0.2.1') }
    const badRdata = { ...addA(name, '192.0.2.1'), rdata: Uint8Array.of(1, 2, 3) }
    const answers = [
      await client.rcode(update({ updates: [addA(name, '192.0.2.6')] })),
      await client.rcode(update({ updates: [addA(name, '192.0.2.6')] })),
      await client.rcode(update({ prerequisites: [noName(name)] })),
      await client.rcode(update({ updates: [outside] })),
      await client.rcode(update({ updates: [badRdata] })),
    ]
    assert.deepEqual(answers, ['NOERROR', 'NOERROR', 'YXDOMAIN', 'NOTZONE', 'FORMERR'])
    const events = (await historyOf(system, zoneId)).slice(before)
    assert.deepEqual(
      events.map(({ rcode, reason }) => [rcode, reason]),
      [
        [Rcode.NOERROR, 'applied'],
        [Rcode.NOERROR, 'unchanged'],
        [Rcode.YXDOMAIN, 'prerequisite'],
        [Rcode.NOTZONE, 'not-in-zone'],
        [Rcode.FORMERR, 'malformed'],
      ],
    )
  })

  it('tells who, when, from where, what and why', async () => {
    const name = newName()
    const began = Date.now()
    const message = signed(update({ updates: [addA(name, '192.0.2.7')] }), key)
    assert.equal(await client.rcode(message), 'NOERROR')
    const event = (await historyOf(system, zoneId)).at(-1)!
    assert.equal(event.identity, 'key:demo.')
    assert.equal(event.source.address, '127.0.0.1')
    assert.equal(event.transport, 'udp')
    assert.ok(event.receivedAt >= began && event.decidedAt >= event.receivedAt)
    assert.deepEqual(Buffer.from(event.message), Buffer.from(message))
    assert.equal(event.rule, 'grant demo zonesub ANY')
  })

  it('messages refused at the edge are counted by reason and audited', async () => {
    const stranger = { ...key, secret: Buffer.alloc(32, 7) }
    const message = update({ updates: [addA(newName(), '192.0.2.8')] })
    assert.equal(await client.rcode(signed(message, stranger)), 'NOTAUTH')
    assert.equal(await client.rcode(update({ zone: 'example.net.' })), 'NOTAUTH')
    const metrics = await (await fetch(`http://127.0.0.1:${edge.httpPort}/metrics`)).text()
    assert.match(metrics, /zonelog_edge_refusals_total\{reason="tsig-badsig"\} 1/)
    assert.match(metrics, /zonelog_edge_refusals_total\{reason="unknown-zone"\} 1/)
    await until('the report of refusals is stored', async () => {
      const rows = await system.db.selectFrom('refusal').selectAll().execute()
      return rows.some(({ reason, claimed_key }) => reason === 'tsig-badsig' && claimed_key === 'demo.')
    })
  })
})

describe('P9 updates of one zone are decided one after another', () => {
  it('of many that ask for a free name at once, one gets it', async () => {
    const name = newName()
    const clients = await Promise.all(
      Array.from({ length: 16 }, (_, index) => DnsClient.to(index % 2 ? edge.port : otherEdge.port)),
    )
    const answers = await Promise.all(
      clients.map((each, index) =>
        each.rcode(
          update({ id: newId(), prerequisites: [noName(name)], updates: [addA(name, `192.0.2.${index}`)] }),
        ),
      ),
    )
    assert.equal(answers.filter((rcode) => rcode === 'NOERROR').length, 1)
    assert.equal(answers.filter((rcode) => rcode === 'YXDOMAIN').length, 15)
    for (const each of clients) each.close()
  })

  it('several commands share one commit when they have queued', async () => {
    const clients = await Promise.all(Array.from({ length: 100 }, () => DnsClient.to(edge.port)))
    await Promise.all(
      clients.map((each, index) =>
        each.rcode(update({ updates: [addA(`batch${index}.example.com.`, '192.0.2.1')] })),
      ),
    )
    for (const each of clients) each.close()
    const { rows } = await sql<{
      commits: number
    }>`select count(distinct xmin::text)::int as commits from zone_event
      where message like '%batch%'::bytea`.execute(system.db)
    assert.ok(rows[0]!.commits < 100, `${rows[0]!.commits} commits for 100 updates`)
  })
})

describe('P6 history is the truth, P7 serials only move forward', () => {
  it('after all of the above, events fold to what is stored, chained and without a gap', async () => {
    const events = await historyIsWhole(system, zoneId)
    assert.ok(events.length > 500)
  })
})
