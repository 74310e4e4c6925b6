import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** True when nothing listens on this TCP port and we may. */
export async function isTcpPortFree(host: string, port: number): Promise<boolean> {
  return (await tcpListenError(host, port)) === undefined
}

/** Error code that listening here would meet (EADDRINUSE, EACCES, EADDRNOTAVAIL, …), or undefined. */
export function tcpListenError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true, ipv6Only: host.includes(':') }, () =>
      server.close(() => resolve(undefined)),
    )
  })
}

/** As {@link tcpListenError} for UDP. */
export function udpListenError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const ipv6 = host.includes(':')
    const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', ipv6Only: ipv6 })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(undefined)))
  })
}

/** A TCP port of this machine that nobody uses: `preferred`, or the next free one above it. */
export async function freePortFrom(preferred: number, host = '127.0.0.1'): Promise<number> {
  for (let port = preferred; port < preferred + 200; port++) {
    if (await isTcpPortFree(host, port)) return port
  }
  throw new Error(`no free TCP port from ${preferred} to ${preferred + 199}`)
}
