import { createSocket, type Socket } from 'node:dgram'
import { setPriority } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { runCommand } from '../../services/local/run-command.ts'
import { Rcode, Type } from '../../shared/dns/codes.ts'
import { deleteRRset } from '../../test/faults/clients/records.ts'
import { addA, query, update } from '../../test/support/dns-client.ts'
import { processorSeconds } from '../machine.ts'
import { hostName, ZONE } from '../zone-file.ts'
import type { MeasuredServer } from './servers.ts'

export interface Measured {
  readonly server: string
  /** Sent in a second. */
  readonly updates: number
  /** Of these, answered with NOERROR. */
  readonly updatesDone: number
  readonly answersPerSecond: number
  readonly answersPerCpuSecond: number
  /** What each edge did, by its own count, which holds the questions of the client beside the load too; none of other servers. */
  readonly edges: readonly EdgeShare[]
  readonly lost: number
  /** Of a client with one question at a time beside the load, in ms. */
  readonly p50: number
  readonly p99: number
}

export interface EdgeShare {
  readonly answersPerSecond: number
  readonly answersPerCpuSecond: number
}

/** By so much this process, whose clock tells how long an answer took, goes before the others. */
const AHEAD = 10

/**
 * Lets this process run as soon as an answer is there, for else it would count how long it waited itself for a processor, which the load
 * keeps busy. What loads the servers stays as it is. False where the system does not allow it: then latencies hold some of that.
 */
export function goAhead(): boolean {
  try {
    setPriority(-AHEAD)
    isAhead = true
  } catch {
    // only root may
  }
  return isAhead
}

let isAhead = false

export interface Load {
  /** A file of questions, as dnsperf reads them. */
  readonly queries: string
  readonly seconds: number
  /** Queries that wait for their answers at once. */
  readonly outstanding: number
  /** Sockets that they are sent from; which edge of several answers goes by the socket. */
  readonly clients: number
  /** Queries a second at most; 0 for as many as can be. */
  readonly rate: number
  /** Updates a second. */
  readonly updates: number
}

/** Loads the server with queries for so many seconds, and with updates meanwhile. */
export async function measure(server: MeasuredServer, load: Load): Promise<Measured> {
  const { updates } = load
  const updater = new Updater(server.port, updates)
  // programs that compile as they go are as they are in service
  await dnsperf(server.port, { ...load, seconds: updates > 0 ? 8 : 2 })
  const probe = new Probe(server.port)
  const doneBefore = updater.done
  const countsBefore = await server.answered()
  const before = processorOf(server)
  const { answers, lost, seconds: took } = await dnsperf(server.port, load)
  const spent = processorOf(server).map((seconds, index) => seconds - before[index]!)
  const counted = (await server.answered()).map((count, index) => count - countsBefore[index]!)
  const updatesDone = (updater.done - doneBefore) / took
  await updater.stop()
  const latencies = await probe.stop()
  return {
    server: server.name,
    updates,
    updatesDone,
    answersPerSecond: answers / took,
    answersPerCpuSecond: answers / spent.reduce((sum, seconds) => sum + seconds, 0),
    edges: counted.map((count, index) => ({
      answersPerSecond: count / took,
      answersPerCpuSecond: count / spent[index]!,
    })),
    lost,
    p50: latencies[Math.floor(latencies.length * 0.5)]!,
    p99: latencies[Math.floor(latencies.length * 0.99)]!,
  }
}

/** In seconds, of each process that answers. */
function processorOf({ pids }: MeasuredServer): number[] {
  return pids.map((pid) => processorSeconds([pid]))
}

async function dnsperf(port: number, { queries, seconds, outstanding, clients, rate }: Load) {
  const options = [
    '-c',
    String(clients),
    '-q',
    String(outstanding),
    '-T',
    '1',
    '-e',
    '-l',
    String(seconds),
    '-d',
    queries,
  ]
  if (rate > 0) options.push('-Q', String(rate))
  const line = ['dnsperf', '-s', '127.0.0.1', '-p', String(port), ...options]
  const [program, ...args] = isAhead ? ['nice', '-n', String(AHEAD), ...line] : line
  const { status, stdout, stderr } = await runCommand(program!, args)
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? Number.NaN)
  const answers = number(/Queries completed: +(\d+)/)
  if (status !== 0 || !(answers > 0)) throw new Error(`dnsperf failed: ${stderr}${stdout}`)
  return { answers, lost: number(/Queries lost: +(\d+)/), seconds: number(/Run time \(s\): +([\d.]+)/) }
}

/** Asks one question at a time, a few hundred a second, and keeps how long each answer took. */
class Probe {
  private readonly socket: Socket
  private readonly port: number
  private readonly latencies: number[] = []
  private readonly ended: Promise<void>
  private running = true

  constructor(port: number) {
    this.port = port
    this.socket = createSocket('udp4')
    this.ended = this.run()
  }

  private async run(): Promise<void> {
    for (let id = 0; this.running; id = (id + 1) & 0xffff) {
      const began = performance.now()
      const answered = new Promise((resolve) => this.socket.once('message', resolve))
      this.socket.send(query(`${hostName(id % 100)}.${ZONE}.`, 'A', id), this.port, '127.0.0.1')
      if ((await Promise.race([answered.then(() => true), delay(1_000)])) === true)
        this.latencies.push(performance.now() - began)
      await delay(3)
    }
  }

  /** In ms, the shortest first. */
  async stop(): Promise<number[]> {
    this.running = false
    await this.ended
    this.socket.close()
    return this.latencies.sort((a, b) => a - b)
  }
}

/** Over all loads: no update says what an earlier one said, for that would change nothing. */
let updatesMade = 0

/** Sends updates at an even rate; each puts another address in the place of that of one of 10,000 names. */
class Updater {
  private readonly socket = createSocket('udp4')
  private readonly timer: NodeJS.Timeout | undefined
  private sent = 0
  /** Answered with NOERROR. */
  done = 0

  constructor(port: number, perSecond: number) {
    if (perSecond === 0) return
    this.socket.on('message', (answer) => {
      if (((answer[3] ?? 0) & 15) === Rcode.NOERROR) this.done += 1
    })
    const began = performance.now()
    this.timer = setInterval(() => {
      const due = ((performance.now() - began) * perSecond) / 1_000
      for (; this.sent < due; this.sent++) {
        const number = updatesMade++
        const name = `u${number % 10_000}.${ZONE}.`
        const address = addA(name, `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`)
        const message = update({ zone: `${ZONE}.`, updates: [deleteRRset(name, Type.A), address] })
        this.socket.send(message, port, '127.0.0.1')
      }
    }, 5)
  }

  async stop(): Promise<void> {
    clearInterval(this.timer)
    await delay(200)
    this.socket.close()
  }
}
