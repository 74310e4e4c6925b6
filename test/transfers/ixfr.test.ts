import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Class, Type } from '../../shared/dns/codes.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import {
  type ClientKey,
  type ClientSystem,
  createClientKey,
  knowsZones,
  startClientSystem,
} from '../support/client-system.ts'
import { addA, DnsClient, query } from '../support/dns-client.ts'
import { type Ask, accepted, transfers } from './clients.ts'

const ZONE = 'example.com.'
const UPDATES = 300
let clients: ClientSystem
let key: ClientKey

const LINES = Array.from({ length: 400 }, (_, host) => `host-${host} 300 A 10.0.${host >> 8}.${host & 255}`)
const FILE = `$ORIGIN ${ZONE}\n@ 3600 SOA ns1 hostmaster 1 3600 600 1209600 300\n@ 3600 NS ns1\nns1 3600 A 127.0.0.1\n${LINES.join('\n')}\n`

before(async () => {
  clients = await startClientSystem()
  key = await createClientKey(clients.api, 'xfr')
  const access = { allowUpdate: ['127.0.0.0/8'], allowTransfer: ['xfr', '127.0.0.0/8'] }
  await clients.api.createZone(ZONE, { file: FILE, ...access })
  await clients.api.createZone('small.example', access)
  await knowsZones(clients.edge, 2)
  const client = await DnsClient.to(clients.edge.port)
  // what the edge has seen change it can tell over UDP
  assert.equal((await client.query(ZONE, 'SOA')).length, 1)
  // serial 2 …: a host comes; every tenth goes again, and its address comes under another TTL
  for (let round = 0; round < UPDATES; round++)
    await accepted(client, { zone: ZONE, updates: changeOf(round) })
  for (let round = 0; round < 30; round++)
    await accepted(client, {
      zone: 'small.example.',
      updates: [addA('x.small.example.', `192.0.2.${round}`)],
    })
  client.close()
})
after(() => clients.system.close())

function changeOf(round: number): ResourceRecord[] {
  const gone = {
    ...addA(`new-${round - 1}.${ZONE}`, '192.0.2.1', 0),
    class: Class.ANY,
    type: Type.ANY,
    rdata: new Uint8Array(),
  }
  const comes = addA(`new-${round}.${ZONE}`, '192.0.2.1', 60 + (round % 3))
  return round % 10 === 9 ? [gone, comes] : [comes]
}

const NEWEST = UPDATES + 1
const ask = (...asks: Omit<Ask, 'zone'>[]) =>
  transfers(clients.server, key, ...asks.map((one) => ({ zone: ZONE, kind: 'IXFR' as const, ...one })))
const soas = (records: readonly string[] = []) => records.filter((record) => / IN SOA /.test(record))
const serialIn = (soa: string) => Number(soa.split(' ')[6])

describe('RFC 1995 IXFR', () => {
  it('§2: one SOA when the client has the newest serial, or a later one', async () => {
    for (const got of await ask({ serial: NEWEST }, { serial: NEWEST + 5 }, { serial: NEWEST, udp: true })) {
      assert.deepEqual(got.records.map(serialIn), [NEWEST])
      assert.equal(got.signed, 1)
    }
  })

  it('§4: a change is the new SOA, the old one, what goes, the new one, what comes, the new SOA', async () => {
    const [got] = await ask({ serial: NEWEST - 1 })
    assert.deepEqual(soas(got!.records).map(serialIn), [NEWEST, NEWEST - 1, NEWEST, NEWEST])
    assert.equal(got!.signed, got!.messages)
  })

  it('§5: several changes are condensed to the difference of the two serials', async () => {
    const [got] = await ask({ serial: NEWEST - 20, signed: false })
    assert.deepEqual(soas(got!.records).map(serialIn), [NEWEST, NEWEST - 20, NEWEST, NEWEST])
    // of twenty that came two went before they were ever seen
    assert.equal(got!.records.length, 4 + 19 - 1)
  })

  it('works from every serial that the zone ever had, and gives what AXFR gives', async () => {
    const [whole] = await ask({ kind: 'AXFR' } as Omit<Ask, 'zone'>)
    const now = whole!.records.slice(1).sort()
    const [followed] = await ask({ base: FILE })
    assert.deepEqual(followed!.zone, now)
  })

  it('sends the whole zone when that is shorter, or when the zone never had the serial', async () => {
    const [shorter] = await transfers(clients.server, key, { zone: 'small.example', kind: 'IXFR', serial: 1 })
    assert.equal(shorter!.records[1]!.includes(' SOA '), false)
    const [unknown] = await ask({ serial: 0xffff_fff0 })
    assert.equal(soas(unknown!.records).length, 2)
    assert.ok(unknown!.records.length > 400)
  })

  it('over UDP: the changes where they fit, else one SOA, which sends the client to TCP', async () => {
    const [fits, large, small] = await ask(
      { serial: NEWEST - 3, udp: true, size: 4_096 },
      { serial: 1, udp: true, size: 4_096 },
      { serial: NEWEST - 20, udp: true, size: 512 },
    )
    assert.deepEqual(soas(fits!.records).map(serialIn), [NEWEST, NEWEST - 3, NEWEST, NEWEST])
    assert.deepEqual([large!.records.map(serialIn), small!.records.map(serialIn)], [[NEWEST], [NEWEST]])
    assert.ok(fits!.sizes[0]! <= 1_232 && fits!.signed === 1)
  })

  it('without the client’s SOA it is malformed', async () => {
    const client = await DnsClient.to(clients.edge.port)
    assert.equal(await client.rcode(query(ZONE, 'IXFR')), 'FORMERR')
    client.close()
  })
})
