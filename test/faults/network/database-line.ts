import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** What a transaction's end looks like in Postgres' protocol: a statement of one word, or the last of those that are sent as a transaction of their own. */
const ENDS = ['commit\0', 'advance-zones-as-known\0', 'advance-zones-1-as-known\0'].map((text) =>
  Buffer.from(text),
)

/** The line between one writer and Postgres, which can be cut, stalled, and led to another server. */
export class DatabaseLine {
  /** The port of the server that new connections go to. */
  target: number
  private readonly server: Server
  private readonly pairs = new Set<{ client: Socket; server: Socket }>()
  private commitsToCut = 0
  private commitsToStall = 0
  private stallMs = 0
  private isDead = false
  /** Commits that were sent and whose answer did not come, since the start. */
  commitsCut = 0

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

  /** Breaks all connections; new ones get through. */
  cut(): void {
    for (const { client, server } of this.pairs) {
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
    const pair = { client, server }
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
    client.on('data', (octets) => this.forward(octets, client, server))
  }

  private forward(octets: Buffer, client: Socket, server: Socket): void {
    const isWatched = this.commitsToCut > 0 || this.commitsToStall > 0
    const isCommit = isWatched && ENDS.some((end) => octets.includes(end))
    if (!isCommit) {
      server.write(octets)
      return
    }
    if (this.commitsToCut > 0) {
      this.commitsToCut -= 1
      this.commitsCut += 1
      // not destroyed: Postgres must read it before it sees that the line is gone
      server.removeAllListeners('data')
      server.resume()
      server.end(octets, () => client.destroy())
      return
    }
    this.commitsToStall -= 1
    server.pause()
    server.write(octets)
    setTimeout(() => server.resume(), this.stallMs)
  }
}
