import assert from 'node:assert/strict'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { HostAddresses } from '../../services/edge/notify/host-addresses.ts'
import { ownerOf } from '../../services/edge/notify/peers.ts'
import { nameServerTargets, targetsElsewhere } from '../../services/edge/notify/targets.ts'
import { apexOf } from '../../services/edge/zones/zone-apex.ts'
import { Opcode, rcodeToText, Type, typeToText } from '../../shared/dns/codes.ts'
import { encodeResponse, type Message } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { serialOf } from '../../shared/dns/soa.ts'
import { signAnswer, verifyRequest } from '../../shared/dns/tsig.ts'
import { catalogOf } from '../edge/answer-support.ts'
import { History } from '../edge/zones-support.ts'
import {
  type ClientKey,
  type ClientSystem,
  createClientKey,
  knowsZones,
  startClientSystem,
} from '../support/client-system.ts'
import { addA, DnsClient, keyOf } from '../support/dns-client.ts'
import { freePort } from '../support/infrastructure.ts'
import { ServiceProcess } from '../support/service-process.ts'
import { decoded } from '../support/spec.ts'
import { TestSystem } from '../support/system.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { transfer } from '../support/transfer.ts'
import { accepted } from './clients.ts'
import { until } from './patience.ts'

interface Heard {
  readonly message: Message
  readonly bytes: Uint8Array
  readonly from: RemoteInfo
  readonly serial: number
}

/** A server that is notified, and answers only when it is told to. */
class Listener {
  readonly heard: Heard[] = []
  private socket: Socket | undefined
  readonly port: number
  private readonly answer: (heard: Heard) => Uint8Array | undefined

  constructor(port: number, answer: (heard: Heard) => Uint8Array | undefined) {
    this.port = port
    this.answer = answer
  }

  async listen(): Promise<this> {
    const socket = createSocket('udp4')
    socket.on('message', (bytes, from) => {
      const message = decoded(bytes)
      const heard = { message, bytes, from, serial: serialOf(message.answers[0]!.rdata) }
      this.heard.push(heard)
      const answer = this.answer(heard)
      if (answer !== undefined) socket.send(answer, from.port, from.address)
    })
    socket.bind(this.port, '127.0.0.1')
    await once(socket, 'listening')
    this.socket = socket
    return this
  }

  get serials(): number[] {
    return this.heard.map(({ serial }) => serial)
  }

  close(): void {
    this.socket?.close()
  }
}

function acknowledge({ message, bytes }: Heard): Uint8Array {
  const { id, opcode } = message.header
  const questionBytes = bytes.subarray(12, message.questionEnd)
  return encodeResponse({ id, opcode, rcode: 0, flags: { aa: true }, questionBytes }).bytes
}

let clients: ClientSystem
let key: ClientKey
let client: DnsClient
const listeners: Listener[] = []

before(async () => {
  clients = await startClientSystem()
  key = await createClientKey(clients.api, 'notify')
  client = await DnsClient.to(clients.edge.port)
})
after(async () => {
  client.close()
  for (const listener of listeners) listener.close()
  await clients.system.close()
})

async function listener(answer: (heard: Heard) => Uint8Array | undefined): Promise<Listener> {
  const made = await new Listener(await freePort(), answer).listen()
  listeners.push(made)
  return made
}

let zones = 0
async function zoneNotifying(...notify: string[]): Promise<string> {
  const zone = `notify-${zones}.example.`
  await clients.api.createZone(zone, { allowUpdate: ['127.0.0.0/8'], notify })
  zones++
  await knowsZones(clients.edge, zones)
  return zone
}

const change = async (zone: string, host: string) =>
  await accepted(client, { zone, updates: [addA(`${host}.${zone}`, '192.0.2.1')] })

describe('RFC 1996 NOTIFY', () => {
  it('§3.6, 3.7: asks for the SOA, with the new one as answer; an acknowledged serial is not told again', async () => {
    const server = await listener(acknowledge)
    const zone = await zoneNotifying(`127.0.0.1:${server.port}`)
    await until('the new zone was told of', () => server.serials.includes(1))
    const { message } = server.heard[0]!
    assert.deepEqual([message.header.opcode, message.header.aa], [Opcode.NOTIFY, true])
    assert.deepEqual([message.questions[0]!.name, typeToText(message.questions[0]!.type)], [zone, 'SOA'])
    await change(zone, 'a')
    await until('the change was told of', () => server.serials.includes(2))
    await change(zone, 'b')
    await until('the next change was told of', () => server.serials.includes(3))
    assert.deepEqual([...new Set(server.serials)], [1, 2, 3])
  })

  it('tells of changes that come together in one message', async () => {
    const server = await listener(acknowledge)
    const zone = await zoneNotifying(`127.0.0.1:${server.port}`)
    await Promise.all(Array.from({ length: 200 }, (_, index) => change(zone, `host-${index}`)))
    await until('the last change was told of', () => server.serials.includes(201))
    assert.ok(server.heard.length < 50, `${server.heard.length} messages for 200 changes`)
  })

  it('signs with the key of a server, and takes no acknowledgement that is not signed with it', async () => {
    const secret = keyOf(key)
    let answers = 0
    const server = await listener((heard) => {
      const verdict = verifyRequest(heard.bytes, heard.message, () => [secret], Date.now() / 1_000)
      assert.equal(verdict.kind, 'verified')
      // the first is forged
      if (answers++ === 0 || verdict.kind !== 'verified') return acknowledge(heard)
      return signAnswer(acknowledge(heard), verdict, Date.now() / 1_000)
    })
    const zone = await zoneNotifying(`notify+127.0.0.1:${server.port}`)
    const status = async () => (await clients.api.get(`/v1/zones/${zone}/secondaries`)).secondaries[0]
    await until('it has acknowledged', async () => (await status())?.acknowledged === 1)
    assert.ok(server.heard.length >= 2)
    assert.equal((await status()).failures, 0)
  })

  it('§3.6: tells a server that does not answer again and again, until it does; others do not wait for it', async () => {
    const dead = new Listener(await freePort(), acknowledge)
    const refusing = await listener((heard) => {
      const { id, opcode } = heard.message.header
      return encodeResponse({ id, opcode, rcode: 5 }).bytes
    })
    const server = await listener(acknowledge)
    const targets = [dead, refusing, server].map(({ port }) => `127.0.0.1:${port}`)
    const zone = await zoneNotifying(...targets, 'no-such-host.invalid')
    await change(zone, 'a')
    await until('the one that lives has the change', () => server.serials.includes(2))
    const status = async (target: string) =>
      (await clients.api.get(`/v1/zones/${zone}/secondaries`)).secondaries.find(
        (one: { target: string }) => one.target === target,
      )
    await until('the dead one was tried again', async () => (await status(targets[0]!)).failures >= 2)
    assert.equal((await status(targets[0]!)).failure, 'no answer')
    await until('the other was tried again', () => refusing.heard.length >= 2)
    assert.equal((await status(targets[1]!)).failure, rcodeToText(5))
    assert.match((await status('no-such-host.invalid.:53')).failure, /has no address/)
    listeners.push(await dead.listen())
    await until('it was told once it lives', () => dead.serials.includes(2))
    await until('it counts no failure', async () => (await status(targets[0]!)).failures === 0)
  })

  it('tells nobody any more when the zone says so', async () => {
    const server = await listener(acknowledge)
    const zone = await zoneNotifying(`127.0.0.1:${server.port}`)
    await until('it is told', () => server.serials.includes(1))
    await clients.api.patch(`/v1/zones/${zone}`, { transfers: { notifyMode: 'no' } })
    const other = await listener(acknowledge)
    const control = await zoneNotifying(`127.0.0.1:${other.port}`)
    await until('the edge has the setting', async () => {
      const { secondaries } = await clients.api.get(`/v1/zones/${zone}/secondaries`)
      return secondaries.length === 0
    })
    await change(zone, 'a')
    await change(control, 'a')
    await until('another zone is told of', () => other.serials.includes(2))
    assert.deepEqual(server.serials, [1])
  })
})

describe('which edge notifies', () => {
  it('is one of all, and spreads evenly', () => {
    const ids = ['edge-1', 'edge-2', 'edge-3']
    const owners = Array.from({ length: 3_000 }, (_, zone) => ownerOf(zone, ids)!)
    for (const id of ids) {
      const count = owners.filter((owner) => owner === id).length
      assert.ok(count > 800 && count < 1_200, `${id} has ${count} zones of 3000`)
    }
    const without = Array.from({ length: 3_000 }, (_, zone) => ownerOf(zone, ids.slice(0, 2))!)
    assert.ok(without.every((owner, zone) => owner === owners[zone] || owners[zone] === 'edge-3'))
  })

  it('when it is killed, another goes on within seconds', async () => {
    const system = await TestSystem.prepare()
    const writer = await system.writer()
    const api = system.api(writer)
    const ports = [await freePort(), await freePort()]
    const https = [await freePort(), await freePort()]
    const edges = await Promise.all(
      [0, 1].map((index) =>
        new ServiceProcess('edge', {
          ...system.environment,
          ZONELOG_EDGE_ID: `edge-${index}`,
          ZONELOG_DNS_LISTEN: `127.0.0.1:${ports[index]}`,
          ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${https[index]}`,
        }).ready(https[index]!),
      ),
    )
    // it answers only after the first edge is dead
    let answers = false
    const server = await listener((heard) => (answers ? acknowledge(heard) : undefined))
    const { id } = await api.createZone('example.com', { notify: [`127.0.0.1:${server.port}`] })
    await until('it is told', () => server.heard.length > 0)
    const owner = Number(ownerOf(id, ['edge-0', 'edge-1'])!.slice(-1))
    // both may have told it before they knew of each other
    await until('one edge alone tells it', async () => {
      const counts = await Promise.all(https.map((port) => pendingAt(port)))
      return counts[owner] === 1 && counts[1 - owner] === 0
    })
    await edges[owner]!.kill()
    const before = server.heard.length
    answers = true
    await until('the other edge tells it', () => server.heard.length > before)
    await until('it counts as told', async () => (await pendingAt(https[1 - owner]!)) === 0)
    await edges[1 - owner]!.stop()
    await system.close()
  })
})

async function pendingAt(httpPort: number): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text()
  return Number(/^zonelog_edge_notify_pending (\d+)$/m.exec(metrics)?.[1])
}

describe('§3.3: hosts of NS records', () => {
  const resolver = () => {
    const made = new Resolver({ timeout: 5_000, tries: 3 })
    made.setServers([`127.0.0.1:${clients.edge.port}`])
    return made
  }

  it('are notified at the addresses that our zones give them, but for the MNAME and this edge itself', async () => {
    const lines =
      '@ NS ns2\n@ NS ns3.other.example.\n@ NS ns.elsewhere.\nns1 A 192.0.2.1\nns2 A 192.0.2.2\nns2 A 192.0.2.4\nns2 AAAA 2001:db8::2'
    const zone = new History(1, lines).zoneAt(1)
    const other = new History(2, 'ns3 A 192.0.2.3', nameOf('other.example.')).zoneAt(1)
    const catalog = catalogOf([zone, other])
    const isOwn = (address: string) => address === '192.0.2.4'
    const hosts = new HostAddresses(resolver())
    const found = await nameServerTargets(apexOf(zone), [], new Map(), {
      catalog,
      cache: catalog,
      hosts,
      isOwn,
    })
    assert.deepEqual(
      found.here.map(({ text }) => text),
      ['192.0.2.2:53', '[2001:db8::2]:53', '192.0.2.3:53'],
    )
    assert.deepEqual(found.elsewhere, ['ns.elsewhere.'])
    assert.deepEqual(found.unknown, [])
    assert.equal(zone.rrset(zone.apex, Type.NS)!.rdata.length, 4)
  })

  it('… and outside of our zones at those that the DNS gives them, which are remembered', async () => {
    const zone = await zoneNotifying()
    const host = `ns.${zone}`
    await accepted(client, { zone, updates: [addA(host, '192.0.2.7')] })
    let now = 0
    const hosts = new HostAddresses(resolver(), () => now)
    const lookup = { catalog: catalogOf([]), cache: catalogOf([]), hosts, isOwn: () => false }
    const targets = async () => (await targetsElsewhere([nameOf(host)], lookup)).map(({ text }) => text)
    assert.deepEqual(await targets(), ['192.0.2.7:53'])
    await accepted(client, { zone, updates: [addA(host, '192.0.2.8')] })
    assert.deepEqual(await targets(), ['192.0.2.7:53'])
    now += 3_600_001
    assert.deepEqual((await targets()).sort(), ['192.0.2.7:53', '192.0.2.8:53'])
    assert.deepEqual(await targetsElsewhere([nameOf('no-such-host.invalid.')], lookup), [])
  })

  it('are told by an edge that starts, which fetches nothing for it but where the zones stand', async () => {
    const { api, system } = clients
    // nobody listens there
    await api.createZone('hosts.example', { file: `${SOA}@ NS ns\nns A 127.0.0.9\n` })
    zones++
    const { edges } = await api.get('/v1/status')
    const ids = [...(edges as { id: string }[]).map(({ id }) => id), 'starting']
    const names: string[] = []
    for (let number = 0; names.length < 2; number++) {
      const name = `hosted-${number}.example`
      const { id } = await api.createZone(name, { file: `${SOA}@ NS ns.hosts.example.\n` })
      zones++
      if (ownerOf(id, ids) === 'starting') names.push(name)
    }
    const starting = await system.edge({ ZONELOG_NOTIFY: 'yes', ZONELOG_EDGE_ID: 'starting' })
    for (const name of names)
      await until(`${name} is told of`, async () => {
        const { secondaries } = await api.get(`/v1/zones/${name}/secondaries`)
        const [first] = secondaries as { target: string; failures: number }[]
        return first?.target === '127.0.0.9:53' && first.failures > 0
      })
    const metrics = await (await fetch(`http://127.0.0.1:${starting.httpPort}/metrics`)).text()
    // the one that has the host's address
    assert.match(metrics, /^zonelog_edge_cached_zones 1$/m)
    await starting.close()
  })
})

describe('a zone that an edge does not hold', () => {
  it('is told of when it changed while that edge had lost NATS for a moment', async () => {
    const { api, system } = clients
    const proxy = await TcpProxy.to(system.nats.port)
    const server = await listener(acknowledge)
    const url = system.nats.url.replace(`:${system.nats.port}`, `:${proxy.port}`)
    const missing = await system.edge({ ZONELOG_NATS_URL: url, ZONELOG_EDGE_ID: 'missing' })
    const { edges } = await api.get('/v1/status')
    const ids = (edges as { id: string }[]).map(({ id }) => id)
    assert.ok(ids.includes('missing'))
    let zone = ''
    for (let number = 0; zone === ''; number++) {
      const name = `missed-${number}.example.`
      const notify = [`127.0.0.1:${server.port}`]
      const { id } = await api.createZone(name, {
        allowUpdate: ['127.0.0.0/8'],
        notify,
        notifyMode: 'explicit',
      })
      zones++
      if (ownerOf(id, ids) === 'missing') zone = name
    }
    await knowsZones(clients.edge, zones)
    await until('that edge tells of it', async () => {
      const { secondaries } = await api.get(`/v1/zones/${zone}/secondaries`)
      return secondaries[0]?.acknowledged === 1
    })
    proxy.cut()
    await change(zone, 'a')
    proxy.mend()
    await until('the change is told of', () => server.serials.includes(2))
    await missing.close()
    proxy.close()
  })
})

const SOA = '$TTL 300\n@ SOA primary hostmaster 1 3600 600 86400 300\n'

describe('a secondary that asks for the SOA', () => {
  it('is known to be there, with what it transferred', async () => {
    const zone = 'asking.example.'
    await clients.api.createZone(zone, {
      allowUpdate: ['127.0.0.0/8'],
      allowTransfer: ['ip:127.0.0.0/8'],
      notify: [],
    })
    await knowsZones(clients.edge, ++zones)
    await transfer(clients.server, nameOf(zone))
    const seen = async () => {
      const { others } = await clients.api.get(`/v1/zones/${zone}/secondaries`)
      return (others as { address: string; serial: number; at: number }[])[0]
    }
    const before = await seen()
    assert.deepEqual([before?.address, before?.serial], ['127.0.0.1', 1])
    await change(zone, 'a')
    await until('it is seen again', async () => {
      await client.query(zone, 'SOA')
      return (await seen())!.at > before!.at
    })
    assert.equal((await seen())!.serial, 1)
  })
})
