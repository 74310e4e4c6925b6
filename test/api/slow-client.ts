import type { Server } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'

/** A client on a connection that holds 64 KiB each way, so that one who reads nothing is noticed at once. */
export interface SlowClient {
  /** What it has read: the beginning of an answer, however long that is. */
  head: string
  /** Whether the server has closed the connection. */
  isCut: boolean
  readonly connection: Duplex
}

const HEAD_OCTETS = 600

export function slowClient(server: Server, head: readonly string[], body = ''): SlowClient {
  const [ours, theirs] = duplexPair()
  const client: SlowClient = { head: '', isCut: false, connection: ours }
  // as a socket does, which hears when the other end has gone
  const destroySoon = () => theirs.end(() => theirs.destroy())
  server.emit('connection', Object.assign(theirs, { remoteAddress: '127.0.0.1', destroySoon }))
  ours.once('close', () => theirs.destroy())
  theirs.once('close', () => {
    client.isCut = true
  })
  const readHead = () => {
    const octets: Buffer | null = ours.read(HEAD_OCTETS) ?? ours.read()
    if (octets === null) return
    client.head = String(octets)
    ours.off('readable', readHead)
  }
  ours.on('readable', readHead)
  ours.on('error', () => {})
  ours.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  return client
}
