import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Endpoint } from '../../../shared/config/read.ts'
import {
  bindAll,
  GRACE_MS,
  ipv6Only,
  type Listener,
  type ListenOptions,
  newCounters,
  plainAddress,
  settled,
} from './listener.ts'

/** Datagrams being answered at once, over all endpoints. Clients re-send what is dropped. */
const MAX_IN_FLIGHT = 10_000
/** Room for a burst while the process is busy; the system may grant less. */
const RECEIVE_BUFFER = 2 * 1024 * 1024

export interface UdpOptions extends ListenOptions {
  readonly maxInFlight?: number
}

/** Answers datagrams on every endpoint. Rejects with one clear error when an endpoint cannot be bound. */
export async function listenUdp(options: UdpOptions): Promise<Listener> {
  const { endpoints, handle, log, maxInFlight = MAX_IN_FLIGHT } = options
  const counters = newCounters()
  const inFlight = new Set<Promise<void>>()

  async function answer(socket: Socket, message: Uint8Array, client: RemoteInfo): Promise<void> {
    const from = { address: plainAddress(client.address), port: client.port, transport: 'udp' as const }
    try {
      const response = await handle(message, from)
      if (response === undefined) return
      counters.answers++
      socket.send(response, client.port, client.address, (error) => {
        if (error !== null) sendFailed(error)
      })
    } catch (error) {
      // a socket closed under a late answer is no fault of the handler
      if ((error as NodeJS.ErrnoException).code === 'ERR_SOCKET_DGRAM_NOT_RUNNING') return
      counters.faults++
      log.error({ error, from }, 'a datagram could not be handled')
    }
  }

  function sendFailed(error: Error): void {
    counters.socketErrors++
    log.debug({ error }, 'an answer could not be sent')
  }

  function receive(socket: Socket, message: Uint8Array, client: RemoteInfo): void {
    counters.messages++
    // nothing can be sent to port 0: the source is forged
    if (client.port === 0) return
    if (inFlight.size >= maxInFlight) {
      counters.overload++
      return
    }
    const answered = answer(socket, message, client)
    inFlight.add(answered)
    void answered.then(() => inFlight.delete(answered))
  }

  const sockets = await bindAll('UDP', endpoints, async (endpoint) => {
    const socket = await bindSocket(endpoint, options)
    socket.on('error', (error) => {
      counters.socketErrors++
      log.debug({ error }, 'UDP socket error')
    })
    socket.on('message', (message, client) => receive(socket, message, client))
    return socket
  })

  async function close(): Promise<void> {
    for (const socket of sockets) socket.removeAllListeners('message')
    await settled(inFlight, options.graceMs ?? GRACE_MS)
    await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(done))))
  }
  let closing: Promise<void> | undefined

  return {
    endpoints: sockets.map((socket) => ({ host: socket.address().address, port: socket.address().port })),
    counters,
    close() {
      closing ??= close()
      return closing
    },
  }
}

function bindSocket(endpoint: Endpoint, options: UdpOptions): Promise<Socket> {
  const family = isIPv6(endpoint.host) ? 6 : 4
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: ipv6Only(endpoint, options.endpoints),
    reusePort: options.sharePort ?? false,
    recvBufferSize: RECEIVE_BUFFER,
    // answers go to the address that the datagram came from: there is nothing to look up
    lookup: (address, _options, done) => done(null, address, family),
  })
  socket.once('error', reject)
  socket.bind({ address: endpoint.host, port: endpoint.port, exclusive: true }, () => {
    socket.off('error', reject)
    resolve(socket)
  })
  return promise.catch((error) => {
    socket.close()
    throw error
  })
}
