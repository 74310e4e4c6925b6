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

async function reportStatus(nats: NatsConnection, log: Logger): Promise<void> {
  for await (const status of nats.status()) {
    if (status.type === 'disconnect') log.warn({ server: status.data }, 'NATS connection lost, reconnecting')
    else if (status.type === 'reconnect') log.info({ server: status.data }, 'NATS connection is back')
    else if (status.type === 'error') log.warn({ problem: String(status.data) }, 'NATS reports an error')
  }
}
