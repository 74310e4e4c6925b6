import type { ResourceRecord } from '../../../../shared/dns/record.ts'
import type { RRsetState } from '../rrset-state.ts'

/** What one event did, and said, at one name. */
export interface NameStep {
  readonly seq: number
  /** Whether it is to be undone. */
  readonly selected: boolean
  /** RRsets as they are after it, those that it changed or confirmed. */
  readonly states: readonly RRsetState[]
  /** What its accepted message asked for at this name, in the order sent, in the forms of RFC 2136 §2.5; empty where there was no message. */
  readonly asked: readonly ResourceRecord[]
  /** Whether its accepted message had prerequisites at this name. */
  readonly prerequisites: boolean
  /** It says what all of the zone is, as an import does; so it speaks of everything at the name. */
  readonly whole: boolean
}

/** Why something is not taken back, or not without being told so. */
export type ConflictReason =
  /** Another event asked for the value since. */
  | 'confirmed-since'
  /** Another event asked for the value to be gone since. */
  | 'removed-since'
  /** Another event put something else in the place of what came instead of the value. */
  | 'replaced-since'
  /** Another event set the TTL of the RRset since. */
  | 'ttl-since'
  /** A zone file was imported since. */
  | 'imported-since'
  /** Another event asked for something at the name that had no effect because of what is there. */
  | 'ignored-since'
  /** The apex must keep an NS record. */
  | 'apex'
  /** A CNAME stands alone at its name, and it and a DNAME alone in their sets. This and `apex` no force can overcome. */
  | 'singleton'

/** Something that a selected event did and that another event speaks of since. */
export interface Conflict {
  readonly name: string
  readonly type: number
  /** What taking it back would do: put the value in, take it away, or set the TTL of the RRset. */
  readonly would: 'add' | 'remove' | 'ttl'
  /** Undefined for the TTL. */
  readonly rdata: Uint8Array | undefined
  readonly ttl: number
  /** The selected event. */
  readonly undone: number
  /** The other one; undefined for the apex, which no event has to ask for. */
  readonly since: number | undefined
  readonly reason: ConflictReason
  /** Whether it was taken back all the same. */
  readonly forced: boolean
}
