import type { RRset } from '../../../shared/dns/record.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { CommandStory, EdgeStart, ReadStory, UnverifiedAnswer } from '../clients/stories.ts'
import type { MayLose } from '../kinds/fault.ts'

/** All that the checker looks at: what clients saw, and what Postgres, the event stream, the edges and a secondary have in the end. */
export interface Evidence {
  readonly seed: number
  /** How long a command may wait to be decided, in ms. */
  readonly commandTtlMs: number
  readonly zones: readonly ZoneEvidence[]
  readonly commands: readonly CommandStory[]
  readonly reads: readonly ReadStory[]
  readonly edgeStarts: readonly EdgeStart[]
  readonly unverified: readonly UnverifiedAnswer[]
  readonly faults: readonly FaultPeriod[]
  /** Of commands that the stream had stored; some are missed while a server of NATS is away. */
  readonly stored: readonly StoredCommand[]
}

/** When a fault was there, in ms since the run began. */
export interface FaultPeriod {
  readonly kind: string
  readonly at: number
  /** When all had recovered of it; for ever where left out. */
  readonly over?: number
  /** The edge that was hit, where it was one. */
  readonly edge?: number | undefined
  /** How far the clock of what was hit was ahead. */
  readonly clockMs?: number | undefined
  /** Which commands that were stored it may lose; none where left out. */
  readonly mayLose?: MayLose | undefined
}

/** A command that the stream of commands had stored. */
export interface StoredCommand {
  /** The edge's id of it. */
  readonly id: string
  readonly zoneId: number
  readonly edge: number
  /** Its first 16 octets, as latin1. */
  readonly fingerprint: string
  /** By the clock of the run. */
  readonly at: number
}

export interface ZoneEvidence {
  readonly id: number
  /** With its final dot. */
  readonly name: string
  /** From Postgres, in the order of their numbers. */
  readonly events: readonly ZoneEvent[]
  /** From Postgres. */
  readonly rrsets: readonly RRset[]
  readonly head: { readonly seq: number; readonly serial: number; readonly hash: Uint8Array }
  /** What the event stream has of it; no hash where it only announces an event. */
  readonly stream: readonly { readonly seq: number; readonly hash?: Uint8Array }[]
  /** Lines of records, sorted: of each edge by AXFR. */
  readonly transfers: readonly { readonly edge: number; readonly lines: readonly string[] }[]
  /** Of a secondary that had IXFR only; and the differences that did not fit what it had. */
  readonly follower: { readonly lines: readonly string[]; readonly misfits: readonly string[] }
}

/** A promise that was broken, and the shortest story of it. */
export interface Violation {
  readonly promise: 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6' | 'P7' | 'P9'
  readonly what: string
  readonly zone: string
  /** The client's id of the command. */
  readonly command?: string
  readonly event?: number
  readonly story: readonly string[]
}
