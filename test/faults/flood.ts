import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Rcode, Type } from '../../shared/dns/codes.ts'
import { DnsClient, signed, update } from '../support/dns-client.ts'
import { address, deleteRRset } from './clients/records.ts'
import { Deployment, type EdgeUnderFire } from './deployment/deployment.ts'
import { Random } from './random.ts'

const SLOW_CONNECTIONS = 2_000
/** Addresses that the connections come from: an edge takes only so many of each. */
const SOURCES = 100
const BURST = 200

export interface FloodReport {
  readonly seconds: number
  readonly datagramsSent: number
  readonly slowConnections: number
  readonly residentMib: { readonly before: number; readonly most: number; readonly after: number }
  readonly politeUpdates: { readonly sent: number; readonly applied: number }
  readonly queries: { readonly sent: number; readonly answered: number }
}

/**
 * As many datagrams as this machine can send, random, malformed, forged and valid, and slow TCP connections, at one edge; meanwhile a polite
 * client sends signed updates and queries.
 */
export async function runFlood(
  seed: number,
  seconds: number,
  say: (line: string) => void,
): Promise<FloodReport> {
  const deployment = await Deployment.start({
    seed,
    edges: 1,
    writers: 1,
    natsNodes: 1,
    zones: 2,
    standby: false,
  })
  try {
    const edge = deployment.edges[0]!
    const end = performance.now() + seconds * 1_000
    const isOver = () => performance.now() > end
    const before = residentMib(edge)
    say(`flooding for ${seconds} s; the edge has ${before} MiB`)
    const connections = openSlowly(edge.port, isOver)
    const [datagramsSent, politeUpdates, queries, most] = await Promise.all([
      flood(edge.port, deployment.zones[0]!.name, Random.of(seed, 'flood'), isOver),
      sendPolitely(deployment, edge, isOver),
      ask(edge, deployment.zones[1]!.name, isOver),
      watch(edge, isOver),
    ])
    for (const socket of connections) socket.destroy()
    await delay(2_000)
    const residentNow = { before, most, after: residentMib(edge) }
    const slowConnections = connections.length
    return { seconds, datagramsSent, slowConnections, residentMib: residentNow, politeUpdates, queries }
  } finally {
    await deployment.close()
  }
}

/** Of the edge's process. */
function residentMib({ service }: EdgeUnderFire): number {
  const status = readFileSync(`/proc/${service.pid}/status`, 'utf8')
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024)
}

async function watch(edge: EdgeUnderFire, isOver: () => boolean): Promise<number> {
  let most = 0
  while (!isOver()) {
    most = Math.max(most, residentMib(edge))
    await delay(250)
  }
  return most
}

async function flood(port: number, zone: string, random: Random, isOver: () => boolean): Promise<number> {
  const socket = createSocket('udp4')
  socket.on('error', () => {})
  const forged = { name: 'fire.', algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 9) } as never
  const kinds = [
    () => Buffer.from(Array.from({ length: 12 + random.below(200) }, () => random.below(256))),
    () => cut(update({ zone, updates: [address(`f.${zone}`, [10, 0, 0, 1])] }), random),
    () => signed(update({ zone, updates: [address(`f.${zone}`, [10, 0, 0, 1])] }), forged),
    () => update({ zone, updates: [deleteRRset(`f${random.below(100)}.${zone}`, Type.A)] }),
  ]
  let sent = 0
  while (!isOver()) {
    for (let each = 0; each < BURST; each++) socket.send(random.pick(kinds)(), port, '127.0.0.1')
    sent += BURST
    await delay(0)
  }
  socket.close()
  return sent
}

function cut(message: Uint8Array, random: Random): Uint8Array {
  return message.subarray(0, 12 + random.below(message.length - 12))
}

/** Half of them say nothing, half one octet a second. */
function openSlowly(port: number, isOver: () => boolean): Socket[] {
  return Array.from({ length: SLOW_CONNECTIONS }, (_, index) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.1.${1 + (index % SOURCES)}` })
    socket.on('error', () => {})
    socket.unref()
    if (index % 2 === 0) {
      const timer = setInterval(() => {
        if (isOver() || socket.destroyed) clearInterval(timer)
        else socket.write(Buffer.from([0]))
      }, 1_000)
    }
    return socket
  })
}

/** Signed, and sent again as nsupdate does. */
async function sendPolitely({ zones, key }: Deployment, edge: EdgeUnderFire, isOver: () => boolean) {
  const client = await DnsClient.to(edge.port, '127.0.0.2')
  const zone = zones[1]!.name
  const counts = { sent: 0, applied: 0 }
  while (!isOver()) {
    counts.sent += 1
    const name = `polite.${zone}`
    const updates = [deleteRRset(name, Type.A), address(name, [10, 1, counts.sent >> 8, counts.sent & 0xff])]
    const message = signed(update({ zone, updates }), key!)
    for (let attempt = 0; attempt < 4; attempt++) {
      const answer = await client.send(message, 3_000)
      if (answer === undefined) continue
      if (answer.header.rcode === Rcode.NOERROR) counts.applied += 1
      break
    }
    await delay(200)
  }
  client.close()
  return counts
}

async function ask(edge: EdgeUnderFire, zone: string, isOver: () => boolean) {
  const client = await DnsClient.to(edge.port, '127.0.0.3')
  const counts = { sent: 0, answered: 0 }
  while (!isOver()) {
    counts.sent += 1
    for (let attempt = 0; attempt < 3; attempt++)
      if ((await client.query(zone, 'SOA').catch(() => [])).length > 0) {
        counts.answered += 1
        break
      }
    await delay(100)
  }
  client.close()
  return counts
}
