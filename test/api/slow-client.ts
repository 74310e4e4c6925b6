import type { Server } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'

/** A client on a connection that holds 64 KiB each way, so that one who reads nothing is noticed at once. */
export interface SlowClient {
  /** What it has read: the beginning of an answer, and all of it once it reads on. */
  text: string
  /** Whether the server has closed the connection. */
  isCut: boolean
  readonly connection: Duplex
}

const HEAD_OCTETS = 600

export function slowClient(server: Server, head: readonly string[], body = ''): SlowClient {
  const [ours, theirs] = duplexPair()
  const client: SlowClient = { text: '', isCut: false, connection: ours }
  // as a socket does, which hears when the other end has gone; none of these is silent for long
  const destroySoon = () => theirs.end(() => theirs.destroy())
  const asSocket = { remoteAddress: '127.0.0.1', destroySoon, setTimeout: () => theirs }
  server.emit('connection', Object.assign(theirs, asSocket))
  ours.once('close', () => theirs.destroy())
  theirs.once('close', () => {
    client.isCut = true
  })
  const readHead = () => {
    // more than is there would ask for more, and get it
    const octets: Buffer | null = ours.read(Math.min(HEAD_OCTETS, ours.readableLength))
    if (octets === null) return
    client.text = String(octets)
    ours.off('readable', readHead)
  }
  ours.on('readable', readHead)
  ours.on('error', () => {})
  ours.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  return client
}

/** From now on it reads whatever comes. */
export function readOn(client: SlowClient): void {
  client.connection.removeAllListeners('readable')
  client.connection.on('data', (octets) => {
    client.text += String(octets)
  })
}
