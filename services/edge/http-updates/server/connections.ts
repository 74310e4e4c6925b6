import type { Server, Socket } from 'node:net'
import { plainAddress } from '../../../../shared/plain-address.ts'
import { senderOf } from '../../update/update-limits.ts'
import { MendedConnection } from './mended-connection.ts'

/** Of one server: in all, and of one sender, of IPv6 one /64. */
const MOST_CONNECTIONS = 1_000
export const MOST_OF_ONE_SENDER = 20

/** What is to be known of the connections of a server. */
export interface ConnectionWatch {
  /** A connection was one too many. */
  readonly onDropped: () => void
  /** Whether this address speaks for many senders, so that its connections are not counted as one's. */
  readonly isProxy: (address: string) => boolean
}

/** Closes at once what is one connection too many, so that no sender can take them all. */
export function limitConnections(server: Server, { onDropped, isProxy }: ConnectionWatch): void {
  const open = new Map<string, number>()
  server.maxConnections = MOST_CONNECTIONS
  server.on('drop', onDropped)
  server.prependListener('connection', (socket: Socket) => {
    // its socket is counted already
    if ((socket as unknown) instanceof MendedConnection) return
    const address = plainAddress(socket.remoteAddress ?? '')
    if (isProxy(address)) return
    const sender = senderOf('unsigned', address)
    const count = (open.get(sender) ?? 0) + 1
    if (count > MOST_OF_ONE_SENDER) {
      onDropped()
      return void socket.destroy()
    }
    open.set(sender, count)
    socket.once('close', () => {
      const left = open.get(sender)! - 1
      if (left === 0) open.delete(sender)
      else open.set(sender, left)
    })
  })
}
