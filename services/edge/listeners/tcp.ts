import { createServer, type Server, type Socket } from 'node:net'
import type { Endpoint } from '../../../shared/config/read.ts'
import { plainAddress } from '../../../shared/plain-address.ts'
import { LISTENER_GRACE_MS } from '../../../shared/time-limits.ts'
import {
  bindAll,
  ipv6Only,
  isCovered,
  type Listener,
  type ListenOptions,
  newCounters,
  settled,
} from './listener.ts'
import { type ConnectionLimits, TcpConnection } from './tcp-connection.ts'

export interface TcpLimits extends ConnectionLimits {
  /** Connections in all, over all endpoints. */
  readonly connections: number
  /** Connections of one client address. */
  readonly perAddress: number
}

/** How long a connection may be without a message, in ms. */
export const TCP_IDLE_MS = 10_000

const LIMITS: TcpLimits = {
  idleMs: TCP_IDLE_MS,
  stallMs: 5_000,
  streamStallMs: 120_000,
  streamMs: 2 * 60 * 60_000,
  outstanding: 32,
  unsent: 256 * 1024,
  unsentInAll: 32 * 1024 * 1024,
  connections: 500,
  perAddress: 50,
}

export interface TcpOptions extends ListenOptions {
  readonly limits?: Partial<TcpLimits>
}

export interface TcpListener extends Listener {
  /** Connections that are open now. */
  readonly connections: number
  /** Octets of answers that clients have not taken, or may come to be owed. */
  readonly unsent: number
}

/** Answers messages over TCP (RFC 7766) on every endpoint. Rejects with one clear error when an endpoint cannot be bound. */
export async function listenTcp(options: TcpOptions): Promise<TcpListener> {
  const { endpoints, handle, log, graceMs = LISTENER_GRACE_MS } = options
  const limits = { ...LIMITS, ...options.limits }
  const counters = newCounters()
  const connections = new Set<TcpConnection>()
  const perAddress = new Map<string, number>()
  const backlog = { octets: 0 }

  /** RFC 7766 §6.2.3: where all places are taken, who has been idle longest makes room. */
  function hasRoom(): boolean {
    if (connections.size < limits.connections) return true
    let idlest: TcpConnection | undefined
    for (const each of connections)
      if (each.idleSince < (idlest?.idleSince ?? Number.POSITIVE_INFINITY)) idlest = each
    if (idlest === undefined) return false
    counters.overload++
    connections.delete(idlest)
    idlest.destroy()
    return true
  }

  function accept(socket: Socket): void {
    // gone before we looked
    if (socket.remoteAddress === undefined) {
      socket.on('error', () => {}).destroy()
      return
    }
    const address = plainAddress(socket.remoteAddress)
    const count = perAddress.get(address) ?? 0
    if (count >= limits.perAddress || !hasRoom()) {
      counters.overload++
      log.debug(
        { address, connections: connections.size, ofAddress: count },
        'too many TCP connections, one refused',
      )
      socket.on('error', () => {}).destroy()
      return
    }
    const connection = new TcpConnection(socket, handle, limits, counters, log, backlog)
    connections.add(connection)
    perAddress.set(address, count + 1)
    socket.once('close', () => {
      connections.delete(connection)
      const left = perAddress.get(address)! - 1
      if (left === 0) perAddress.delete(address)
      else perAddress.set(address, left)
    })
  }

  // a connection knows the address that it was made to, so one server at the wildcard address serves them all
  const needed = endpoints.filter((endpoint) => !isCovered(endpoint, endpoints))
  const servers = await bindAll('TCP', needed, async (endpoint) => {
    const server = await bindServer(endpoint, options, accept)
    server.on('error', (error) => {
      counters.socketErrors++
      log.warn({ error }, 'TCP connections cannot be accepted')
    })
    return server
  })
  const everyMs = Math.max(10, Math.min(1_000, limits.idleMs / 4, limits.stallMs / 4))
  const checks = setInterval(() => {
    const now = Date.now()
    for (const connection of connections) connection.check(now)
  }, everyMs)

  return {
    endpoints: servers.map(addressOf),
    counters,
    get connections() {
      return connections.size
    },
    get unsent() {
      return backlog.octets
    },
    async close() {
      const closed = servers.map((server) => new Promise<void>((done) => server.close(() => done())))
      const inFlight = new Set([...connections].flatMap((connection) => [...connection.inFlight]))
      for (const connection of connections) connection.end()
      await settled(inFlight, graceMs)
      await settled(new Set(closed), Math.min(graceMs, 500))
      clearInterval(checks)
      for (const connection of connections) connection.destroy()
      await Promise.all(closed)
    },
  }
}

function bindServer(
  endpoint: Endpoint,
  options: TcpOptions,
  accept: (socket: Socket) => void,
): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>()
  // a client may close its half once it has asked; it still gets its answers
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept)
  server.once('error', reject)
  server.listen(
    {
      host: endpoint.host,
      port: endpoint.port,
      exclusive: true,
      ipv6Only: ipv6Only(endpoint, options.endpoints),
      reusePort: options.sharePort ?? false,
    },
    () => {
      server.off('error', reject)
      resolve(server)
    },
  )
  return promise
}

function addressOf(server: Server): Endpoint {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server without an address')
  return { host: address.address, port: address.port }
}
