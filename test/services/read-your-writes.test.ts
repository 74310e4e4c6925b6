import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Class, Rcode, Type } from '../../shared/dns/codes.ts'
import type { Message } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { readSoa, serialOf } from '../../shared/dns/soa.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { addA, DnsClient, query, sendTcp, update } from '../support/dns-client.ts'
import { historyIsWhole } from '../support/history.ts'
import { type RunningEdge, TestSystem } from '../support/system.ts'
import { ixfr, ixfrRequest, transfer } from '../support/transfer.ts'
import { until } from '../support/until.ts'

const ZONE = nameOf('example.com.')
const UPDATERS = 12
const ROUNDS = 10

let system: TestSystem
let api: AdminApi
let edges: RunningEdge[]
let zoneId: number

before(async () => {
  const started = await TestSystem.start()
  ;({ system, api } = started)
  edges = [started.edge, await system.edge(), await system.edge({ ZONELOG_EDGE_PRELOAD: 'yes' })]
  ;({ id: zoneId } = await api.createZone('example.com', {
    allowUpdate: ['127.0.0.0/8'],
    allowTransfer: ['127.0.0.0/8'],
  }))
  for (const { httpPort } of edges)
    await until('the edge knows the zone', async () => (await health(httpPort)).zones.known === 1)
})
after(() => system?.close())

// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever fields it names
async function health(port: number): Promise<any> {
  return await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()
}

async function metrics(port: number): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
}

function value(text: string, name: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  assert.ok(line !== undefined, `no metric ${name}`)
  return Number(line.split(' ')[1])
}

/** The updater's own name gets this address instead of the one that it has. */
function replaceA(name: string, address: string): ResourceRecord[] {
  const all = { name: nameOf(name), type: Type.A, class: Class.ANY, ttl: 0, rdata: new Uint8Array() }
  return [all, addA(name, address)]
}

function addressIn(answer: Message | undefined): string {
  return (answer?.answers ?? []).map(({ rdata }) => rdata.join('.')).join(' ')
}

function serialIn(answer: Message | undefined): number {
  const soa = readSoa(answer!.answers[0]!.rdata)
  assert.ok(soa.ok)
  return soa.value.serial
}

type Ask = (message: Uint8Array) => Promise<Message | undefined>

/** What transfers begin with, and whether they have the record (or are an SOA alone, which only UDP may send). */
function newestIn(records: readonly ResourceRecord[], name: string, address: string): number {
  const rdata = Buffer.from(address.split('.').map(Number))
  const has = (record: ResourceRecord) =>
    record.type === Type.A && record.name === name && rdata.equals(record.rdata)
  assert.ok(records.length === 1 || records.some(has), `${name} ${address} is not in the transfer`)
  return serialOf(records[0]!.rdata)
}

/** By AXFR, and by IXFR since `before` in both ways: the serials that they show, in the order asked. */
async function transferred(
  port: number,
  overUdp: Ask,
  before: number,
  name: string,
  address: string,
): Promise<number[]> {
  const server = { host: '127.0.0.1', port }
  const whole = await transfer(server, ZONE)
  const changes = await ixfr(server, ZONE, before)
  const datagram = await overUdp(ixfrRequest(ZONE, before))
  assert.ok(whole.length > 1 && changes.length > 1)
  return [whole, changes, datagram!.answers].map((records) => newestIn(records, name, address))
}

/** Updates a name of its own over and over, and reads it back at once in every way. */
async function updater(number: number, port: number, overUdp: Ask): Promise<void> {
  const overTcp: Ask = (message) => sendTcp(port, message)
  const name = `u${number}.example.com.`
  const send = number % 2 === 0 ? overUdp : overTcp
  let serial = 0
  for (let round = 1; round <= ROUNDS; round++) {
    const address = `10.${number}.0.${round}`
    const before = serial
    const answer = await send(update({ updates: replaceA(name, address) }))
    assert.equal(answer?.header.rcode, Rcode.NOERROR)
    for (const ask of [overUdp, overTcp]) {
      assert.equal(addressIn(await ask(query(name, 'A'))), address, `${name}, round ${round}`)
      const seen = serialIn(await ask(query('example.com.', 'SOA')))
      assert.ok(seen > serial || (ask === overTcp && seen === serial), `serial ${seen} after ${serial}`)
      serial = seen
    }
    for (const seen of await transferred(port, overUdp, before, name, address)) {
      assert.ok(seen >= serial, `serial ${seen} in a transfer after ${serial}`)
      serial = seen
    }
  }
}

describe('P4 read your writes: after NOERROR the edge that sent it answers from that state or a later one', () => {
  it('to queries, AXFR and IXFR, over UDP and TCP, while many update the zone through every edge', async () => {
    const clients = await Promise.all(edges.map(({ port }) => DnsClient.to(port)))
    await Promise.all(
      Array.from({ length: UPDATERS }, (_, number) => {
        const at = number % edges.length
        return updater(number, edges[at]!.port, (message) => clients[at]!.send(message, 20_000))
      }),
    )
    for (const client of clients) client.close()
    await historyIsWhole(system, zoneId)
  })

  it('the other edges follow, and each knows how far behind it is', async () => {
    for (const { port, httpPort } of edges) {
      const client = await DnsClient.to(port)
      for (let number = 0; number < UPDATERS; number++)
        await until('the edge has followed', async () => {
          const [address] = await client.query(`u${number}.example.com.`, 'A')
          return address === `10.${number}.0.${ROUNDS}`
        })
      client.close()
      const { lag, zones } = await health(httpPort)
      assert.deepEqual([lag.events, lag.seconds, zones.behind, zones.expired], [0, 0, 0, 0])
      const text = await metrics(httpPort)
      assert.equal(value(text, 'zonelog_edge_lag_events'), 0)
      assert.ok(value(text, 'zonelog_edge_event_lag_seconds_count') > 0)
      assert.ok(value(text, 'zonelog_edge_cache_octets') > 0)
      assert.ok(value(text, 'zonelog_edge_cache_limit_octets') > value(text, 'zonelog_edge_cache_octets'))
    }
  })

  it('the writers tell operators of each edge', async () => {
    const status = await api.get('/v1/status')
    assert.equal(status.edges.length, edges.length)
    for (const { lag } of status.edges) {
      assert.deepEqual([lag.events, lag.seconds], [0, 0])
      assert.ok(lag.unconfirmedSeconds >= 0)
    }
  })
})

describe('an edge that holds nothing yet', () => {
  it('serves a zone as soon as it is asked for it', async () => {
    const fresh = await system.edge()
    const client = await DnsClient.to(fresh.port)
    assert.deepEqual(await client.query('u1.example.com.', 'A'), [`10.1.0.${ROUNDS}`])
    client.close()
  })
  it('is ready only once it holds all zones, where it is to hold them from the start', async () => {
    for (let number = 0; number < 12; number++) await api.createZone(`zone-${number}.example`)
    const fresh = await system.edge({ ZONELOG_EDGE_PRELOAD: 'yes' })
    await until('the edge is ready', async () => {
      return (await fetch(`http://127.0.0.1:${fresh.httpPort}/readyz`)).ok
    })
    const { zones } = await health(fresh.httpPort)
    assert.ok(zones.held === zones.known && zones.held >= 13, JSON.stringify(zones))
    await api.createZone('later.example')
    await until(
      'it holds the new zone too',
      async () => (await health(fresh.httpPort)).zones.held === zones.held + 1,
    )
  })
})
