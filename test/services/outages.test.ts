import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { sql } from 'kysely'
import type { AdminApi } from '../support/admin-api.ts'
import { addA, DnsClient, noName, update } from '../support/dns-client.ts'
import { historyIsWhole, historyOf } from '../support/history.ts'
import { type RunningEdge, type RunningWriter, TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

let system: TestSystem
let api: AdminApi
let writer: RunningWriter
let edge: RunningEdge
let client: DnsClient
let zoneId: number

before(async () => {
  ;({ system, api, writer, edge } = await TestSystem.start())
  zoneId = (await api.createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })).id
  client = await DnsClient.to(edge.port)
  await until('the edge knows the zone', async () => (await client.rcode(update({}))) === 'NOERROR')
  await client.query('ns1.example.com.', 'A') // and holds it
})
after(async () => {
  client?.close()
  await system?.close()
})

let names = 0
let name = ''
beforeEach(() => {
  name = `o${++names}.example.com.`
})

const adding = () => update({ prerequisites: [noName(name)], updates: [addA(name, '192.0.2.1')] })

// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever fields it names
async function healthOf(port: number): Promise<any> {
  return await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()
}

describe('P3 when no writer runs', () => {
  it('the edge is silent while the outcome is unknown, and the re-send gets it', async () => {
    const message = adding()
    await writer.close()
    assert.equal(await client.rcode(message, 300), 'silence')
    assert.deepEqual(await client.query('ns1.example.com.', 'A'), ['127.0.0.1'])
    writer = await system.writer()
    assert.equal(await client.rcode(message, 10_000), 'NOERROR')
    assert.equal((await historyOf(system, zoneId)).at(-1)!.reason, 'applied')
  })

  it('SERVFAIL at once when the breaker has opened, and updates again when a writer is back', async () => {
    await writer.close()
    const lost = await Promise.all(Array.from({ length: 4 }, () => DnsClient.to(edge.port)))
    const unanswered = lost.map((each, index) =>
      each.rcode(update({ updates: [addA(`${index}${name}`, '192.0.2.1')] }), 20_000),
    )
    await until('the breaker is open', async () => (await healthOf(edge.httpPort)).nats.breaker === 'open')
    assert.equal((await healthOf(edge.httpPort)).status, 'degraded')
    const refused = adding()
    assert.equal(await client.rcode(refused), 'SERVFAIL')
    assert.deepEqual(await client.query('ns1.example.com.', 'A'), ['127.0.0.1'])

    writer = await system.writer()
    await until(
      'the breaker lets updates through',
      async () => (await client.rcode(update({}), 5_000)) === 'NOERROR',
    )
    assert.equal(
      await client.rcode(refused),
      'SERVFAIL',
      'what was refused stays refused: a late copy of it must not be applied',
    )
    assert.deepEqual(await client.query(name, 'A'), [])
    for (const rcode of await Promise.all(unanswered))
      assert.ok(rcode === 'NOERROR' || rcode === 'silence', rcode)
    for (const each of lost) each.close()
  })
})

describe('when NATS is down', () => {
  it('updates get SERVFAIL at once, queries are served from the cache, and updates flow when it is back', async () => {
    await system.nats.kill()
    await until('the edge notices', async () => (await healthOf(edge.httpPort)).nats.connected === false)
    assert.equal(await client.rcode(adding()), 'SERVFAIL')
    assert.deepEqual(await client.query('ns1.example.com.', 'A'), ['127.0.0.1'])
    await system.nats.restart()
    await until('updates flow', async () => (await client.rcode(adding(), 5_000)) === 'NOERROR')
    assert.deepEqual(await client.query(name, 'A'), ['192.0.2.1'])
    await until('the edge is well', async () => (await healthOf(edge.httpPort)).status === 'ok')
  })
})

/** Sent until there is an answer. */
async function persistently(sender: DnsClient, owner: string): Promise<string> {
  const message = update({ prerequisites: [noName(owner)], updates: [addA(owner, '192.0.2.1')] })
  for (let attempt = 0; attempt < 6; attempt++) {
    const rcode = await sender.rcode(message, 3_000)
    if (rcode !== 'silence') return rcode
  }
  return 'silence'
}

/** Ends all sessions of writers; how many of them had a transaction of updates under way. */
async function commitsBroken(): Promise<number> {
  const { rows } = await sql<{ hit: boolean }>`select pg_terminate_backend(pid),
      application_name = 'zonelog writer commits' and state <> 'idle' as hit from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name like 'zonelog writer%'`.execute(
    system.db,
  )
  return rows.filter(({ hit }) => hit).length
}

describe('when Postgres breaks connections', () => {
  it('a batch whose fate is unknown is settled by redelivery, once', async () => {
    const clients = await Promise.all(Array.from({ length: 50 }, () => DnsClient.to(edge.port)))
    const answers: string[] = []
    let isBroken = false
    const sending = clients.map(async (each, index) => {
      for (let count = 0; count === 0 || !isBroken; count++)
        answers.push(await persistently(each, `${count}-${index}${name}`))
    })
    let hits = 0
    for (let round = 0; round < 10 || hits === 0; round++) {
      // ten times at once; if none of these has met a commit, then each time that updates flow again
      const answered = round === 0 || round >= 10 ? answers.length : -1
      await until('updates flow', () => answers.length > answered)
      hits += await commitsBroken()
    }
    isBroken = true
    await Promise.all(sending)
    assert.deepEqual([...new Set(answers)], ['NOERROR'])
    for (const each of clients) each.close()
    await until('the writer is well', async () => (await healthOf(writer.apiPort)).status === 'ok')
  })
})

describe('after every outage', () => {
  it('history is whole', async () => {
    await historyIsWhole(system, zoneId)
  })
})
