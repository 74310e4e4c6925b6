import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Rcode, Type } from '../../shared/dns/codes.ts'
import { DnsClient, signed, update } from '../support/dns-client.ts'
import { address, deleteRRset } from './clients/records.ts'
import { Deployment, type EdgeUnderFire } from './deployment/deployment.ts'
import type { FloodData } from './flood-worker.ts'

const SLOW_CONNECTIONS = 2_000
/** Addresses that the connections come from: an edge takes only so many of each. */
const SOURCES = 100

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
      flood({ port: edge.port, zone: deployment.zones[0]!.name, seed, seconds }),
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

/** In a thread of its own, so that the polite client does not wait for it. */
async function flood(workerData: FloodData): Promise<number> {
  const worker = new Worker(new URL('flood-worker.ts', import.meta.url), { workerData })
  const [sent] = (await once(worker, 'message')) as [number]
  return sent
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
