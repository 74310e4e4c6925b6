import { isIPv4 } from 'node:net'
import { type Endpoint, endpointText } from '../../../shared/config/read.ts'
import type { Logger } from '../../../shared/log.ts'

/** Who sent a message. An IPv4 client of a dual-stack socket shows its IPv4 address. */
export interface Requester {
  readonly address: string
  readonly port: number
  readonly transport: 'udp' | 'tcp'
  /** Whether the connection has ended since, so that nobody waits for the answer. */
  readonly isGone?: () => boolean
}

/**
 * One message, or several, each asked for once the client has taken those before it; only TCP can carry these. Undefined is silence.
 */
export type Answer = Uint8Array | AnswerStream | undefined
export type AnswerStream = AsyncGenerator<Uint8Array, void, void>

/** Answers one message, at once where it can. A throw or rejection is a fault of ours: logged, and silence for the client. */
export type MessageHandler = (message: Uint8Array, from: Requester) => Answer | Promise<Answer>

export interface ListenOptions {
  readonly endpoints: readonly Endpoint[]
  readonly handle: MessageHandler
  readonly log: Logger
  /** Lets several processes bind the same endpoints; the kernel spreads clients over them. */
  readonly sharePort?: boolean
  /** How long `close` waits for messages in flight, in ms. */
  readonly graceMs?: number
}

export interface Listener {
  /** What is bound, with the ports that the system chose where 0 was asked for. */
  readonly endpoints: readonly Endpoint[]
  readonly counters: ListenerCounters
  /** Takes no more messages, finishes those in flight within the grace time, then closes. Never rejects. */
  close(): Promise<void>
}

export interface ListenerCounters {
  messages: number
  answers: number
  /** Dropped because too much was in flight or too many were connected. */
  overload: number
  /** Answers that could not be sent, and connections that broke. */
  socketErrors: number
  /** Handlers that threw or rejected. */
  faults: number
}

export function newCounters(): ListenerCounters {
  return { messages: 0, answers: 0, overload: 0, socketErrors: 0, faults: 0 }
}

/** `::` takes IPv4 as well unless some endpoint binds the same port of IPv4 itself. */
export function ipv6Only({ host, port }: Endpoint, all: readonly Endpoint[]): boolean {
  return host === '::' && all.some((other) => isIPv4(other.host) && other.port === port)
}

export function isWildcard({ host }: Endpoint): boolean {
  return host === '0.0.0.0' || host === '::'
}

/** Whether a wildcard address among all of them takes what is sent to this one. */
export function isCovered(endpoint: Endpoint, all: readonly Endpoint[]): boolean {
  const wildcard = isIPv4(endpoint.host) ? '0.0.0.0' : '::'
  return !isWildcard(endpoint) && all.some(({ host, port }) => host === wildcard && port === endpoint.port)
}

/** Binds every endpoint or none. The error names the address that could not be bound. */
export async function bindAll<T extends { close(): unknown }>(
  transport: 'UDP' | 'TCP',
  endpoints: readonly Endpoint[],
  bind: (endpoint: Endpoint) => Promise<T>,
): Promise<T[]> {
  const bound: T[] = []
  for (const endpoint of endpoints) {
    try {
      bound.push(await bind(endpoint))
    } catch (error) {
      for (const socket of bound) socket.close()
      const reason = BIND_PROBLEMS[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message
      throw new Error(`cannot listen on ${transport} ${endpointText(endpoint)}: ${reason}`, { cause: error })
    }
  }
  return bound
}

const BIND_PROBLEMS: Record<string, string> = {
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EACCES:
    'this user may not: choose a port above 1023, or give it CAP_NET_BIND_SERVICE (docs/install.md#port-53)',
  EAFNOSUPPORT: 'this machine does not support that address family',
}

/** Resolves when `inFlight` is empty, at the latest after `graceMs`. */
export async function settled(inFlight: ReadonlySet<Promise<unknown>>, graceMs: number): Promise<void> {
  if (inFlight.size === 0) return
  const limit = Promise.withResolvers<void>()
  const timer = setTimeout(limit.resolve, graceMs)
  await Promise.race([Promise.allSettled(inFlight), limit.promise])
  clearTimeout(timer)
}
