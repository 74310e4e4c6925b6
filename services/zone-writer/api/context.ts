import type { Registry } from 'prom-client'
import type { UpdateCommand } from '../../../shared/commands.ts'
import type { MetricsAccess } from '../../../shared/config/who-asks.ts'
import type { ClientAddress, ProxyRange } from '../../../shared/http/client-address.ts'
import type { Peer } from '../../../shared/messaging/presence.ts'
import type { EdgeSecondaries } from '../../../shared/messaging/secondaries-service.ts'
import type { Tracing } from '../../../shared/tracing/tracing.ts'
import type { AdminContext } from '../admin/context.ts'
import type { AskHolders } from '../admin/reseal.ts'
import type { WriterHealth } from '../health.ts'
import type { SigningKey } from '../history/verify/checkpoint.ts'
import type { LongReads } from './answer-in-turn.ts'
import type { Gap, PlacedEvent } from './streams/all-events.ts'
import type { Certificate } from './tls.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** As far as it can be believed: behind a trusted proxy the one that it speaks for. */
    readonly sender: ClientAddress
    /** Whether the client spoke TLS, with us or with a trusted proxy. */
    readonly byTls: boolean
  }
}

/** What the API is built from. */
export interface ApiContext {
  readonly admin: AdminContext
  readonly longReads: LongReads
  /** How long a client may take or send nothing, in ms. */
  readonly stallMs: number
  /** How long a stream goes on without a look at whether its token is good, in ms; left out, some seconds. */
  readonly tokenLookedAtMs?: number
  readonly registry: Registry
  readonly metricsAccess: MetricsAccess
  /** Who may say whom he speaks for. */
  readonly proxies: readonly ProxyRange[]
  /** Undefined where nothing is traced. */
  readonly tracing?: Pick<Tracing, 'request'> | undefined
  readonly health: () => WriterHealth | Promise<WriterHealth>
  /** Edges and writers that run now. */
  readonly peers: () => Promise<readonly Peer[]>
  /** How many partitions there are, and how many commands wait in each that has any. */
  readonly queue: {
    readonly partitions: number
    readonly waiting: () => Promise<ReadonlyMap<number, number>>
  }
  /** Of the servers behind; of NATS only while it is connected. */
  readonly serverVersions: () => Promise<{ readonly postgres: string; readonly nats?: string }>
  /** What each edge knows of a zone's secondaries. */
  readonly secondaries: (zoneId: number) => Promise<readonly EdgeSecondaries[]>
  /** Has every edge forget a zone and fetch it anew. */
  readonly fetchAnew: (zoneId: number) => Promise<void>
  /** Signs checkpoints of history. */
  readonly signingKey: SigningKey
  /** Its public half, and public keys that signed before. */
  readonly believedKeys: string
  /** Hands a command to whoever decides it; `refused` where it certainly is not taken. */
  readonly sendCommand: (
    command: UpdateCommand,
    traceparent?: string,
  ) => Promise<'sent' | 'refused' | 'unknown'>
  /** How long a command may wait to be decided. */
  readonly commandTtlMs: number
  /** Events of all zones; see streams/all-events.ts. */
  readonly allEvents: (
    after: number | undefined,
    signal: AbortSignal,
  ) => AsyncGenerator<PlacedEvent | Gap | undefined>
  /** Undefined for plain HTTP. */
  readonly certificate?: Certificate
  /** Of one token; 0 is no limit. */
  readonly requestsPerSecond: number
  /** Calls back when a zone has a new event, as far as NATS tells; returns what ends that. */
  readonly whenEvent: (zoneId: number, ring: () => void) => () => void
  /** Those, and whether each opens a check text. */
  readonly masterKeyHolders: AskHolders
}
