import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Rcode, Type } from '../../shared/dns/codes.ts'
import { DnsClient, query, sendTcp, signed, update } from '../support/dns-client.ts'
import { address, deleteRRset } from './clients/records.ts'
import { Deployment, type EdgeUnderFire } from './deployment/deployment.ts'
import type { FloodData } from './flood-worker.ts'
import { SlowConnections } from './slow-connections.ts'

/** How often the resident memory, and how many connections are open, is written down, in ms. */
const NOTE_MS = 10_000

export interface FloodSize {
  readonly seconds: number
  /** Addresses that the datagrams come from. */
  readonly sources: number
}

export interface FloodReport extends FloodSize {
  readonly datagramsSent: number
  /** How many clients keep one, and for how many it was open, every 10 s; those that wait until the edge takes them are among these. */
  readonly slowConnections: { readonly clients: number; readonly open: readonly number[] }
  /** At the start, every 10 s, and 2 s after the end. */
  readonly residentMib: readonly number[]
  /** What became of the datagrams at the edge: lost before it saw them, let go unread, and all that it read. */
  readonly datagrams: { readonly lost: number; readonly shed: number; readonly read: number }
  readonly politeUpdates: { readonly sent: number; readonly applied: number }
  /** Updates that are signed as well, each from an address that never sent any before. */
  readonly newcomers: { readonly sent: number; readonly applied: number }
  readonly queries: { readonly sent: number; readonly answered: number }
  /** Each over a connection of its own. */
  readonly queriesByTcp: { readonly sent: number; readonly answered: number }
}

/**
 * As many datagrams as this machine can send, random, malformed, forged and valid, and slow TCP connections, at one edge; meanwhile a polite
 * client sends signed updates and queries.
 */
export async function runFlood(
  seed: number,
  { seconds, sources }: FloodSize,
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
    say(`flooding for ${seconds} s from ${sources} addresses; the edge has ${before} MiB`)
    const slow = new SlowConnections(edge.port, isOver)
    const [datagramsSent, politeUpdates, newcomers, queries, queriesByTcp, during] = await Promise.all([
      flood({ port: edge.port, zone: deployment.zones[0]!.name, seed, seconds, sources }),
      sendPolitely(deployment, edge, isOver, 'polite', () => '127.0.0.2'),
      sendPolitely(deployment, edge, isOver, 'new', (count) => `127.2.${count >> 8}.${count & 0xff}`),
      ask(edge, deployment.zones[1]!.name, isOver),
      askByTcp(edge, deployment.zones[1]!.name, isOver),
      watch(edge, slow, isOver),
    ])
    await delay(2_000)
    const datagrams = await fates(edge)
    const residents = [before, ...during.map(({ mib }) => mib), residentMib(edge)]
    const outcome = { datagrams, politeUpdates, newcomers, queries, queriesByTcp }
    return {
      seconds,
      sources,
      datagramsSent,
      slowConnections: { clients: slow.clients, open: during.map(({ open }) => open) },
      residentMib: residents,
      ...outcome,
    }
  } finally {
    await deployment.close()
  }
}

/** Of the edge's process. */
function residentMib({ service }: EdgeUnderFire): number {
  const status = readFileSync(`/proc/${service.pid}/status`, 'utf8')
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024)
}

async function watch(edge: EdgeUnderFire, slow: SlowConnections, isOver: () => boolean) {
  const noted: { mib: number; open: number }[] = []
  while (!isOver()) {
    await delay(NOTE_MS)
    noted.push({ mib: residentMib(edge), open: slow.open })
  }
  return noted
}

async function fates({ httpPort }: EdgeUnderFire): Promise<FloodReport['datagrams']> {
  const metrics = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text()
  const of = (name: string) =>
    Number(new RegExp(`^zonelog_edge_udp_${name}_total (\\d+)`, 'm').exec(metrics)?.[1])
  return { lost: of('lost'), shed: of('shed'), read: of('messages') }
}

/** In a thread of its own, so that the polite client does not wait for it. */
async function flood(workerData: FloodData): Promise<number> {
  const worker = new Worker(new URL('flood-worker.ts', import.meta.url), { workerData })
  const [sent] = (await once(worker, 'message')) as [number]
  return sent
}

/** Signed, and sent again as nsupdate does, each from the address that is given for its number. */
async function sendPolitely(
  { zones, key }: Deployment,
  edge: EdgeUnderFire,
  isOver: () => boolean,
  name: string,
  addressFor: (count: number) => string,
) {
  const counts = { sent: 0, applied: 0 }
  const owner = `${name}.${zones[1]!.name}`
  while (!isOver()) {
    counts.sent += 1
    const updates = [
      deleteRRset(owner, Type.A),
      address(owner, [10, 1, counts.sent >> 8, counts.sent & 0xff]),
    ]
    const message = signed(update({ zone: zones[1]!.name, updates }), key!)
    const client = await DnsClient.to(edge.port, addressFor(counts.sent))
    for (let attempt = 0; attempt < 4; attempt++) {
      const answer = await client.send(message, 3_000)
      if (answer === undefined) continue
      if (answer.header.rcode === Rcode.NOERROR) counts.applied += 1
      break
    }
    client.close()
    await delay(200)
  }
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

async function askByTcp(edge: EdgeUnderFire, zone: string, isOver: () => boolean) {
  const counts = { sent: 0, answered: 0 }
  while (!isOver()) {
    counts.sent += 1
    const late = delay(5_000, undefined, { ref: false })
    const answer = await Promise.race([sendTcp(edge.port, query(zone, 'SOA')).catch(() => undefined), late])
    if (answer !== undefined) counts.answered += 1
    await delay(200)
  }
  return counts
}
