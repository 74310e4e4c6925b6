import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { COMMIT_ENDS } from './commit-ends.ts'

const ENDS = COMMIT_ENDS.map((name) => Buffer.from(`${name}\0`))
/** Postgres' protocol: the message with which a group of statements ends. */
const SYNC = Buffer.from([0x53, 0, 0, 0, 4])
/** And the one that is a statement without a name. */
const SIMPLE_COMMIT = Buffer.from('commit\0')

interface Pair {
  readonly client: Socket
  readonly server: Socket
  /** The end of a commit has been seen, and more of it is to come. */
  isCommitting: boolean
}

/** The line between one writer and Postgres, which can be cut, stalled, and led to another server. */
export class DatabaseLine {
  /** The port of the server that new connections go to. */
  target: number
  private readonly server: Server
  private readonly pairs = new Set<Pair>()
  private commitsToCut = 0
  private commitsToStall = 0
  private stallMs = 0
  private isDead = false
  private readonly stalls = new Set<Promise<unknown>>()
  /** What faults hit, since the start: commits that were sent and whose answers did not come, or came late; connections. */
  readonly counts = { 'commits cut': 0, 'commits stalled': 0, 'connections cut': 0 }

  private constructor(target: number) {
    this.target = target
    this.server = createServer((client) => this.accept(client))
  }

  static async to(target: number): Promise<DatabaseLine> {
    const line = new DatabaseLine(target)
    line.server.listen(0, '127.0.0.1').unref()
    await once(line.server, 'listening')
    return line
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** The next commits reach Postgres, and nobody hears what became of them. */
  cutAfterCommits(count: number): void {
    this.commitsToCut = count
  }

  /** The next commits reach Postgres, and its answer comes so much later. */
  stallAfterCommits(count: number, ms: number): void {
    this.commitsToStall = count
    this.stallMs = ms
  }

  calm(): void {
    this.commitsToCut = 0
    this.commitsToStall = 0
    this.isDead = false
  }

  /** Resolves when no answer is held up any more. */
  async stallsOver(): Promise<void> {
    while (this.stalls.size > 0) await Promise.all(this.stalls)
  }

  /** Breaks all connections; new ones get through. */
  cut(): void {
    for (const { client, server } of this.pairs) {
      this.counts['connections cut'] += 1
      client.destroy()
      server.destroy()
    }
  }

  /** Breaks all connections, and those to come, until {@link calm}. */
  die(): void {
    this.isDead = true
    this.cut()
  }

  close(): void {
    this.cut()
    this.server.close()
  }

  private accept(client: Socket): void {
    if (this.isDead) {
      client.destroy()
      return
    }
    const server = connect(this.target, '127.0.0.1')
    const pair = { client, server, isCommitting: false }
    this.pairs.add(pair)
    const end = () => {
      client.destroy()
      server.destroy()
      this.pairs.delete(pair)
    }
    for (const socket of [client, server]) {
      socket.setNoDelay()
      socket.on('error', end)
      socket.on('close', end)
    }
    server.on('data', (octets) => client.write(octets))
    client.on('data', (octets) => this.forward(octets, pair))
  }

  private forward(octets: Buffer, pair: Pair): void {
    const { client, server } = pair
    if (!this.isCommit(octets, pair)) {
      server.write(octets)
      return
    }
    if (this.commitsToCut > 0) {
      this.commitsToCut -= 1
      this.counts['commits cut'] += 1
      // not destroyed: Postgres must read it before it sees that the line is gone
      server.removeAllListeners('data')
      server.resume()
      server.end(octets, () => client.destroy())
      return
    }
    this.commitsToStall -= 1
    this.counts['commits stalled'] += 1
    server.pause()
    server.write(octets)
    const stall = delay(this.stallMs, undefined, { ref: false }).then(() => {
      server.resume()
      this.stalls.delete(stall)
    })
    this.stalls.add(stall)
  }

  /** Whether the last octets of a commit are among these, while that is asked for. A large one comes in several pieces. */
  private isCommit(octets: Buffer, pair: Pair): boolean {
    if (this.commitsToCut <= 0 && this.commitsToStall <= 0) {
      pair.isCommitting = false
      return false
    }
    const begins = pair.isCommitting || ENDS.some((end) => octets.includes(end))
    pair.isCommitting = begins && !endsWith(octets, SYNC) && !endsWith(octets, SIMPLE_COMMIT)
    return begins && !pair.isCommitting
  }
}

function endsWith(octets: Buffer, end: Buffer): boolean {
  return octets.subarray(-end.length).equals(end)
}
