import type { ConflictReason } from './steps.ts'

/** What somebody else than the selected events said last of a value. */
export interface Word {
  readonly present: boolean
  /** Of the set then; of no meaning where absent. */
  readonly ttl: number
}

export interface Later {
  readonly seq: number
  readonly isImport: boolean
}

/** The last selected event that put a value in or took it away. */
export interface Taken {
  readonly seq: number
  readonly wished: Word
  /** The last other event that spoke of the value after it. */
  later?: Later
}

/** One value of an RRset, with what was said of it. */
export interface ValueTrack {
  readonly rdata: Uint8Array
  word: Word
  taken?: Taken
}

/** Something that taking the selected events back changes. */
export interface Candidate {
  readonly key: string
  readonly rdata: Uint8Array
  readonly would: 'add' | 'remove'
  readonly undone: number
  /** The TTL that it had when it was taken away. */
  readonly ttl: number
  readonly conflict?: { readonly reason: ConflictReason; readonly since: number | undefined }
}

/** The TTL that taking the selected events back gives to an RRset, and the event that has spoken of it since. */
export interface TtlCandidate {
  readonly undone: number
  readonly ttl: number
  readonly since: number | undefined
}

export const ABSENT: Word = { present: false, ttl: 0 }
