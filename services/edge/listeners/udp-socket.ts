import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Endpoint } from '../../../shared/config/read.ts'

/** Room for a burst while the process is busy; the system may grant less. */
const RECEIVE_BUFFER = 2 * 1024 * 1024

export interface UdpSocketOptions {
  readonly ipv6Only: boolean
  /**
   * Whether others may bind the port as well: further sockets of ours at addresses that a wildcard covers (the kernel hands a datagram
   * to the most specific one), or other processes.
   */
  readonly shared: boolean
}

// Where there is a choice, the one that admits only processes of the same user: others could take datagrams away
const SHARED =
  process.platform === 'darwin' || process.platform === 'win32' ? { reuseAddr: true } : { reusePort: true }

/** Rejects with the system's error when the address cannot be bound. */
export function bindUdpSocket(
  { host, port }: Endpoint,
  { ipv6Only, shared }: UdpSocketOptions,
): Promise<Socket> {
  const family = isIPv6(host) ? 6 : 4
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only,
    recvBufferSize: RECEIVE_BUFFER,
    // answers go to the address that the datagram came from: there is nothing to look up
    lookup: (address, _options, done) => done(null, address, family),
    ...(shared ? SHARED : {}),
  })
  socket.once('error', reject)
  socket.bind({ address: host, port, exclusive: true }, () => {
    socket.off('error', reject)
    resolve(socket)
  })
  return promise.catch((error) => {
    socket.close()
    throw error
  })
}

export function closeSocket(socket: Socket): Promise<void> {
  return new Promise((done) => socket.close(done))
}
