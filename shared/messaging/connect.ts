import { EventEmitter } from 'node:events'
import { connect, type NatsConnection } from 'nats'
import type { Logger } from '../log.ts'

/**
 * Connects and stays connected: reconnects for ever, and says so in the log. `name` shows in the server's connection list.
 * Throws when no server answers within `firstTryMs`, so that a wrong URL is an error at start and not silence.
 */
export async function connectNats(
  url: string,
  name: string,
  log: Logger,
  firstTryMs = 10_000,
): Promise<NatsConnection> {
  const parts = url.split(',').map((part) => new URL(part))
  const { username, password } = parts[0]!
  const nats = await connect({
    servers: parts.map((part) => part.host),
    name,
    ...(username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(parts[0]!.protocol === 'tls:' ? { tls: {} } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    pingInterval: 2_000,
    maxPingOut: 2,
    timeout: firstTryMs,
    waitOnFirstConnect: false,
  })
  void reportStatus(nats, log)
  return nats
}

// the library's status iterators end only with the connection, so there is one, and this lets others come and go
const statuses = new WeakMap<NatsConnection, EventEmitter>()

/** Calls back when the connection is lost; returns how to stop. For connections of {@link connectNats}. */
export function onDisconnect(nats: NatsConnection, listener: () => unknown): () => void {
  return listen(nats, 'disconnect', listener)
}

/** Calls back when a lost connection is back; returns how to stop. */
export function onReconnect(nats: NatsConnection, listener: () => unknown): () => void {
  return listen(nats, 'reconnect', listener)
}

/** Whether the connection is up now, as far as is known. */
export function isConnected(nats: NatsConnection): boolean {
  return !nats.isClosed() && !disconnected.has(nats)
}

/** Resolves when the connection is up. A request made before would wait for its time limit, not for the connection. */
export async function untilConnected(nats: NatsConnection): Promise<void> {
  if (isConnected(nats) || nats.isClosed()) return
  await new Promise<void>((resolve) => {
    const stop = onReconnect(nats, () => {
      stop()
      resolve()
    })
    void nats.closed().then(() => resolve())
  })
}

const disconnected = new WeakSet<NatsConnection>()

function listen(nats: NatsConnection, event: string, listener: () => unknown): () => void {
  const emitter = emitterOf(nats)
  emitter.on(event, listener)
  return () => emitter.off(event, listener)
}

function emitterOf(nats: NatsConnection): EventEmitter {
  const emitter = statuses.get(nats) ?? new EventEmitter().setMaxListeners(0)
  statuses.set(nats, emitter)
  return emitter
}

async function reportStatus(nats: NatsConnection, log: Logger): Promise<void> {
  for await (const { type, data } of nats.status()) {
    if (type === 'disconnect') {
      disconnected.add(nats)
      log.warn({ server: data }, 'NATS connection lost, reconnecting')
    } else if (type === 'reconnect') {
      disconnected.delete(nats)
      log.info({ server: data }, 'NATS connection is back')
    } else if (type === 'error') log.warn({ problem: String(data) }, 'NATS reports an error')
    emitterOf(nats).emit(type)
  }
}
