import type { Identity, Source, Transport } from '../commands.ts'

/**
 * `create` begins a zone's history; `update` is an RFC 2136 message; `import` replaces contents from a file; `restore` puts contents back
 * as they were at a moment; `undo` takes back what some events did; `alarm` says that what is stored, or what an edge holds, was
 * found to differ from history, and changes nothing. `rebuild` says that what is stored was put right from history, `compact` that
 * older events were replaced by a `snapshot`, which then begins the history (see history/compact). `lease`: leases ended, or somebody
 * holds values that have one.
 */
export const EVENT_KINDS = [
  'create',
  'update',
  'import',
  'restore',
  'undo',
  'delete',
  'alarm',
  'rebuild',
  'compact',
  'snapshot',
  'lease',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** What was decided, and why. */
export interface Verdict {
  readonly rcode: number
  /** The step that decided: a section of RFC 2136 such as `3.2`, or `deadline`, `zone`, `fault`; empty when applied. */
  readonly section: string
  /** Stable code, such as `applied`, `unchanged`, `prerequisite`, `not-permitted`. */
  readonly reason: string
  /** One sentence for people. */
  readonly detail: string
  /** The update rule that decided, as text; empty when none did. */
  readonly rule: string
}

/** One entry of a zone's history. Times are ms since the epoch. */
export interface ZoneEvent extends Verdict {
  readonly zoneId: number
  /** 1 for the first event of the zone, then without a gap. */
  readonly seq: number
  readonly kind: EventKind
  readonly commandId: string
  readonly fingerprint: Uint8Array
  /** By the clock of the edge or API that took the request. */
  readonly receivedAt: number
  /** By the clock of the NATS server: when the command entered the stream; as `receivedAt` where no stream was used. */
  readonly queuedAt: number
  /** By the clock of the writer. */
  readonly decidedAt: number
  readonly identity: Identity
  readonly source: Source
  readonly transport: Transport
  /** The edge that took the request, or the writer for requests of the API. */
  readonly edgeId: string
  /** The message as received; empty for kinds that had none. */
  readonly message: Uint8Array
  readonly serialBefore: number
  readonly serialAfter: number
  /** RFC 1995 difference sequence (shared/zone-diff.ts); empty when contents did not change. */
  readonly diff: Uint8Array
  /**
   * Hash of the event before it; 32 zero octets for the first. A snapshot carries over the hash of the last event that it replaces:
   * the next one is chained to that.
   */
  readonly previousHash: Uint8Array
  readonly hash: Uint8Array
}

/** An event before it is chained to its predecessor. */
export type UnchainedEvent = Omit<ZoneEvent, 'previousHash' | 'hash'>
