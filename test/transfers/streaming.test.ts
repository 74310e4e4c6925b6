import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { Class, Type } from '../../shared/dns/codes.ts'
import { FrameReader, frame } from '../../shared/dns/frame-reader.ts'
import { encodeMessage } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { serialOf } from '../../shared/dns/soa.ts'
import { type ClientSystem, knowsZones, startClientSystem } from '../support/client-system.ts'
import { addA, DnsClient } from '../support/dns-client.ts'
import { decoded } from '../support/spec.ts'
import { transfer } from '../support/transfer.ts'
import { accepted } from './clients.ts'
import { until } from './patience.ts'

const ZONE = nameOf('large.example.')
const RECORDS = 100_000
let clients: ClientSystem

before(async () => {
  clients = await startClientSystem()
  await clients.api.createZone(ZONE, {
    file: `$ORIGIN ${ZONE}\n@ 3600 SOA ns1 hostmaster 1 3600 600 1209600 300\n@ NS ns1\nns1 A 127.0.0.1\n$GENERATE 1-${RECORDS} host-$ 300 A 10.0.0.1\n`,
    allowUpdate: ['127.0.0.0/8'],
    allowTransfer: ['127.0.0.0/8'],
  })
  await knowsZones(clients.edge, 1)
  const client = await DnsClient.to(clients.edge.port)
  await until('the edge holds the zone', async () => (await client.query(ZONE, 'SOA')).length === 1)
  client.close()
})
after(() => clients.system.close())

async function metric(pattern: RegExp): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${clients.edge.httpPort}/metrics`)).text()
  return Number(pattern.exec(text)?.[1] ?? 0)
}
const running = () => metric(/^zonelog_edge_transfers_running (\d+)$/m)
const octetsSent = () => metric(/^zonelog_edge_transfer_octets_total (\d+)$/m)
const cut = () => metric(/^zonelog_edge_transfers_total\{form="axfr",outcome="cut"\} (\d+)$/m)

/** A client that has asked for the zone and reads nothing yet. */
function askOnly(): Socket {
  const socket = connect(clients.edge.port, '127.0.0.1').pause()
  const questions = [{ name: ZONE, type: Type.AXFR, class: Class.IN }]
  socket.write(frame(encodeMessage({ id: 7, questions })))
  return socket
}

describe(`a transfer of ${RECORDS.toLocaleString('en')} records`, () => {
  it('has each of them once', async () => {
    const names = new Set((await transfer(clients.server, ZONE)).map(({ name, type }) => `${name} ${type}`))
    assert.equal(names.size, RECORDS + 3)
  })

  it('to a slow client waits for it, and is the zone at one serial though updates go on', async () => {
    const socket = askOnly()
    await until('it has begun', async () => (await running()) === 1)
    let before = -1
    // the system's buffers are full: no more is made
    await until('it stands still', async () => {
      const now = await octetsSent()
      const stands = now === before
      before = now
      await new Promise((done) => setTimeout(done, 200))
      return stands
    })
    const client = await DnsClient.to(clients.edge.port)
    for (let round = 0; round < 20; round++) {
      const updates = [addA(`new-${round}.${ZONE}`, '192.0.2.1'), gone(`host-${1 + round * 4_999}.${ZONE}`)]
      await accepted(client, { zone: ZONE, updates })
    }
    client.close()
    const { names, serials } = await readAll(socket)
    assert.deepEqual(serials, [1, 1])
    assert.equal(names.size, RECORDS + 2)
    assert.ok(![...names].some((name) => name.startsWith('new-')))
    await until('it has ended', async () => (await running()) === 0)
  })

  it('whose client goes away ends, and gives its place back', async () => {
    const before = await cut()
    const socket = askOnly()
    await until('it has begun', async () => (await running()) === 1)
    socket.destroy()
    await until('it has ended', async () => (await running()) === 0)
    assert.equal(await cut(), before + 1)
  })

  it('by one client does not keep another from its answers', async () => {
    const slow = askOnly()
    await until('it has begun', async () => (await running()) === 1)
    const client = await DnsClient.to(clients.edge.port)
    assert.equal((await client.query(ZONE, 'SOA')).length, 1)
    assert.equal((await transfer(clients.server, ZONE)).length, RECORDS + 3)
    client.close()
    slow.destroy()
  })
})

function gone(name: string) {
  return { name: nameOf(name), type: Type.ANY, class: Class.ANY, ttl: 0, rdata: new Uint8Array() }
}

async function readAll(socket: Socket): Promise<{ names: Set<string>; serials: number[] }> {
  const names = new Set<string>()
  const serials: number[] = []
  const reader = new FrameReader()
  for await (const chunk of socket) {
    reader.push(chunk as Buffer)
    for (let bytes = reader.next(); bytes !== undefined; bytes = reader.next())
      for (const { name, type, rdata } of decoded(bytes).answers) {
        if (type === Type.SOA) serials.push(serialOf(rdata))
        names.add(name)
      }
    if (serials.length === 2) break
  }
  return { names, serials }
}
