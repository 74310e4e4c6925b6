import type { RemoteInfo, Socket } from 'node:dgram'
import type { Endpoint } from '../../../shared/config/read.ts'
import { plainAddress } from '../../../shared/plain-address.ts'
import { LISTENER_GRACE_MS } from '../../../shared/time-limits.ts'
import { FloodGuard } from '../flood/flood-guard.ts'
import { ProvenSenders } from '../flood/proven-senders.ts'
import { AddressSockets } from './address-sockets.ts'
import {
  type Answer,
  bindAll,
  ipv6Only,
  isCovered,
  isWildcard,
  type Listener,
  type ListenOptions,
  newCounters,
  settled,
} from './listener.ts'
import { localAddresses } from './local-addresses.ts'
import { findPorts, standsFor } from './udp-endpoints.ts'
import { bindUdpSocket, closeSocket } from './udp-socket.ts'

/** Datagrams being answered at once, over all endpoints. Clients re-send what is dropped. */
const MAX_IN_FLIGHT = 10_000
/** Octets of those datagrams, which may have 64 KiB each. */
const MOST_OCTETS_IN_FLIGHT = 64 * 1024 * 1024
/** Answers that the system has not taken yet, over all endpoints; what is too much for the network is lost, as it would be there. */
const MOST_UNSENT = 10_000
const ADDRESS_CHECK_MS = 3_000

export interface UdpOptions extends ListenOptions {
  readonly maxInFlight?: number
  readonly mostOctetsInFlight?: number
  /** Whom a flood is told from. */
  readonly proven?: ProvenSenders
  /** Addresses of this machine, which a wildcard endpoint stands for. */
  readonly addresses?: () => readonly string[]
  /** How often they are looked at, in ms. */
  readonly addressCheckMs?: number
}

export interface UdpListener extends Listener {
  readonly flood: FloodGuard
}

/**
 * Answers datagrams on every endpoint, each answer from the address that was asked: a wildcard endpoint has a socket at every address
 * of this machine besides. Rejects with one clear error when an endpoint cannot be bound.
 */
export async function listenUdp(options: UdpOptions): Promise<UdpListener> {
  const { handle, log, maxInFlight = MAX_IN_FLIGHT, proven = new ProvenSenders() } = options
  const { mostOctetsInFlight = MOST_OCTETS_IN_FLIGHT } = options
  const counters = newCounters()
  const flood = new FloodGuard({ proven, log, read: () => counters.messages })
  // numbers, and no promise for each: thousands may wait
  let inFlight = 0
  let octetsInFlight = 0
  let unsent = 0
  let onIdle: (() => void) | undefined

  function sent(error: Error | null): void {
    unsent--
    if (error === null) return
    counters.socketErrors++
    log.debug({ error }, 'an answer could not be sent')
  }

  function send(socket: Socket, answer: Answer, { address, port }: RemoteInfo): void {
    if (answer === undefined) return
    if (!(answer instanceof Uint8Array)) throw new TypeError('a datagram cannot carry several messages')
    if (unsent >= MOST_UNSENT) {
      counters.overload++
      return
    }
    socket.send(answer, port, address, sent)
    unsent++
    counters.answers++
  }

  function failed(error: unknown, client: RemoteInfo): void {
    // a socket closed under a late answer is no fault of the handler
    if ((error as NodeJS.ErrnoException).code === 'ERR_SOCKET_DGRAM_NOT_RUNNING') return
    counters.faults++
    log.error({ error, from: client }, 'a datagram could not be handled')
  }

  function sendLater(socket: Socket, late: Promise<Answer>, client: RemoteInfo): void {
    inFlight++
    octetsInFlight += client.size
    late.then(
      (answer) => {
        try {
          send(socket, answer, client)
        } catch (error) {
          failed(error, client)
        }
        left(client)
      },
      (error: unknown) => {
        failed(error, client)
        left(client)
      },
    )
  }

  function left({ size }: RemoteInfo): void {
    octetsInFlight -= size
    if (--inFlight === 0) onIdle?.()
  }

  function receive(socket: Socket, message: Uint8Array, client: RemoteInfo): void {
    counters.messages++
    // nothing can be sent to port 0: the source is forged
    if (client.port === 0) return
    if (flood.share.isOn && !flood.share.takes(message, client.address)) return
    if (inFlight >= maxInFlight || octetsInFlight >= mostOctetsInFlight) {
      counters.overload++
      return
    }
    try {
      const from = { address: plainAddress(client.address), port: client.port, transport: 'udp' as const }
      const answer = handle(message, from)
      if (!(answer instanceof Promise)) {
        send(socket, answer, client)
        return
      }
      sendLater(socket, answer, client)
    } catch (error) {
      failed(error, client)
    }
  }

  const endpoints = options.sharePort ? options.endpoints : await findPorts(options.endpoints)

  async function serve(endpoint: Endpoint, shared: boolean): Promise<Socket> {
    const socket = await bindUdpSocket(endpoint, { ipv6Only: ipv6Only(endpoint, endpoints), shared })
    socket.on('error', (error) => {
      counters.socketErrors++
      log.debug({ error }, 'UDP socket error')
    })
    socket.on('message', (message, client) => receive(socket, message, client))
    flood.watch(socket)
    return socket
  }

  async function serveAddresses(wildcard: Socket, endpoint: Endpoint): Promise<AddressSockets> {
    const { port } = wildcard.address()
    const { addresses = localAddresses, addressCheckMs = ADDRESS_CHECK_MS } = options
    const following = await AddressSockets.follow({
      addresses: () => addresses().filter((host) => standsFor(endpoint, host, endpoints)),
      bind: (host) => serve({ host, port }, true),
      log,
      everyMs: addressCheckMs,
    })
    wildcard.on('message', () => following.suspectNewAddress())
    return following
  }

  const sharesPort = (endpoint: Endpoint) =>
    options.sharePort === true || isWildcard(endpoint) || isCovered(endpoint, endpoints)
  const sockets = await bindAll('UDP', endpoints, (endpoint) => serve(endpoint, sharesPort(endpoint))).catch(
    (error) => {
      flood.stop()
      throw error
    },
  )
  const followers = await Promise.all(
    endpoints.flatMap((endpoint, index) =>
      isWildcard(endpoint) ? [serveAddresses(sockets[index]!, endpoint)] : [],
    ),
  )

  async function close(): Promise<void> {
    flood.stop()
    for (const follower of followers) await follower.stop()
    const all = [...sockets, ...followers.flatMap((follower) => follower.bound)]
    for (const socket of all) socket.removeAllListeners('message')
    if (inFlight > 0) {
      const idle = new Promise<void>((resolve) => {
        onIdle = resolve
      })
      await settled(new Set([idle]), options.graceMs ?? LISTENER_GRACE_MS)
    }
    await Promise.all(all.map(closeSocket))
  }
  let closing: Promise<void> | undefined

  return {
    endpoints: sockets.map((socket) => ({ host: socket.address().address, port: socket.address().port })),
    counters,
    flood,
    close() {
      closing ??= close()
      return closing
    },
  }
}
