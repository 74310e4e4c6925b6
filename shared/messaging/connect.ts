import { EventEmitter } from 'node:events'
import { type ConnectionOptions, connect, createInbox, type Msg, type NatsConnection } from 'nats'
import type { NatsAccess } from '../config/nats.ts'
import { withoutCredentials } from '../config/read.ts'
import { ConfigError } from '../config.ts'
import type { Logger } from '../log.ts'
import { credentialOptions } from './nats-credentials.ts'

const NO_FILES: NatsAccess = {
  caFile: undefined,
  certFile: undefined,
  keyFile: undefined,
  credsFile: undefined,
  nkeyFile: undefined,
}

export interface NatsOptions {
  /** TLS and credentials; those of the URL alone where left out. */
  readonly access?: NatsAccess
  /** Whose replies these are, `edge.ID` or `writer.ID`: permissions of NATS keep others from reading them. */
  readonly inboxOf?: string
  readonly firstTryMs?: number
}

/**
 * Connects and stays connected: reconnects for ever, and says so in the log. `name` shows in the server's connection list.
 * Throws when no server answers within `firstTryMs`, so that a wrong URL is an error at start and not silence.
 */
export async function connectNats(
  url: string,
  name: string,
  log: Logger,
  { access = NO_FILES, inboxOf, firstTryMs = 10_000 }: NatsOptions = {},
): Promise<NatsConnection> {
  const parts = url.split(',').map((part) => new URL(part))
  const inboxPrefix = inboxOf === undefined ? '_INBOX' : `_INBOX.${inboxOf}`
  const nats = await connectOrExplain(url, {
    servers: parts.map((part) => part.host),
    name,
    ...credentialOptions(access, parts[0]!),
    inboxPrefix,
    // a server whose credentials change is one that is down, not a reason to give up for good
    ignoreAuthErrorAbort: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    pingInterval: 2_000,
    maxPingOut: 2,
    timeout: firstTryMs,
    waitOnFirstConnect: false,
  })
  inboxPrefixes.set(nats, inboxPrefix)
  void reportStatus(nats, log)
  return nats
}

const inboxPrefixes = new WeakMap<NatsConnection, string>()

/** A new subject for replies, one that this connection may read. */
export function newInbox(nats: NatsConnection): string {
  return createInbox(inboxPrefixes.get(nats))
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

/** Ends a connection: what was published is sent first, where there is somebody to send it to. */
export async function closeNats(nats: NatsConnection): Promise<void> {
  if (isConnected(nats)) await nats.drain().catch(() => {})
  if (!nats.isClosed()) await nats.close()
}

/** Whether the connection is up now, as far as is known. */
export function isConnected(nats: NatsConnection): boolean {
  return !nats.isClosed() && !disconnected.has(nats)
}

/** Whether a connection that is lost is back within so many ms. */
export async function isConnectedWithin(nats: NatsConnection, limitMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, limitMs)
  const unlisten = onReconnect(nats, resolve)
  if (!isConnected(nats)) await promise
  clearTimeout(timer)
  unlisten()
  return isConnected(nats)
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

async function connectOrExplain(url: string, options: ConnectionOptions): Promise<NatsConnection> {
  try {
    return await connect(options)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    const reason = (REASONS[code ?? ''] ?? message) + missingCertificate(code, options)
    throw new ConfigError(`NATS at ${withoutCredentials(url)} cannot be used (ZONELOG_NATS_URL): ${reason}`, {
      cause: error,
    })
  }
}

/** With TLS 1.3 a server that asks for a certificate says nothing more to whoever has none. */
function missingCertificate(code: string | undefined, { tls }: ConnectionOptions): string {
  if (code !== 'TIMEOUT' || !tls || tls.certFile !== undefined) return ''
  return '; if it asks for a client certificate, set ZONELOG_NATS_CERT and ZONELOG_NATS_KEY'
}

const UNKNOWN_AUTHORITY = 'its certificate is not signed by the authority of ZONELOG_NATS_CA'

const REASONS: Readonly<Record<string, string>> = {
  CONNECTION_REFUSED: 'nothing listens there',
  TIMEOUT: 'it does not answer',
  AUTHORIZATION_VIOLATION: 'it refuses the user, password, nkey or credentials, or wants some and got none',
  AUTHENTICATION_EXPIRED: 'the credentials have expired: ask for new ones',
  SERVER_OPT_NA: 'it offers no TLS, which tls://, ZONELOG_NATS_CA or ZONELOG_NATS_CERT ask for',
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: 'its certificate has expired: renew it',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is not for this host name: use a name that it holds',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA:
    'it does not know the authority of the client certificate (ZONELOG_NATS_CERT)',
}

const NO_RESPONDERS = 503

/** Whether this is no reply but the server's word that nobody takes what was asked. */
export function isNobodyThere(reply: Msg): boolean {
  return reply.headers?.code === NO_RESPONDERS
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
    // not every status: an emitter throws for an 'error' that nobody listens to
    if (type === 'disconnect' || type === 'reconnect') emitterOf(nats).emit(type)
  }
}
