import type { SignatureMark } from '../../../shared/fingerprint.ts'
import { RESEND_WINDOW_MS } from '../../../shared/time-limits.ts'

/** What became of a request: what to tell whoever asks, or nothing when that is not known. */
export interface Settled {
  readonly rcode: number
  /** A code of shared/reasons.ts, or of a newer writer's. */
  readonly reason: string
  readonly detail: string
  /** Where the zone had got to when a writer settled it; absent when no writer was asked. */
  readonly seq?: number
  /** What the operator finds it by: the event, or the audit where there is none; empty where there is neither. */
  readonly reference: string
  /** Appended to what the client is told; something that strangers may know. */
  readonly hint?: string
}

/** Undefined: the outcome stayed unknown, so the edge stays silent (P3). */
export type Settlement = Promise<Settled | undefined>

/** By what a request is known when it comes again. */
export interface RequestKeys {
  readonly fingerprint: Uint8Array
  /** Of its signature; undefined for an unsigned one. */
  readonly mark: SignatureMark | undefined
}

/** An earlier request that is the same by its fingerprint or by its signature. */
export interface EarlierRequest {
  readonly mark: SignatureMark | undefined
  readonly settlement: Settlement
  /** Its outcome stayed unknown: it may have been applied, which only a writer knows. */
  readonly isUnknown: boolean
}

type Entry = { -readonly [K in keyof EarlierRequest]: EarlierRequest[K] } & { readonly arrivedAt: number }

export const MOST_REMEMBERED = 200_000
/** Of updates that were turned away. */
export const MOST_TURNED_AWAY = 50_000

/**
 * Recent requests (P2). A re-send joins a request that is undecided, or gets the outcome of one that was settled less than 30 s
 * after it arrived. A signature is known again whatever the address and the message id, which anybody can change.
 */
export class Resends {
  private readonly byFingerprint = new Map<string, Entry>()
  private readonly bySignature = new Map<string, Entry>()
  private readonly now: () => number
  private readonly most: number

  /** `now` is a monotonic clock in ms. */
  constructor(now: () => number = () => performance.now(), most = MOST_REMEMBERED) {
    this.now = now
    this.most = most
  }

  /** Whether another one would push out one that is still to be remembered. */
  get isFull(): boolean {
    this.expire(this.byFingerprint)
    return this.byFingerprint.size >= this.most
  }

  get size(): number {
    return this.byFingerprint.size
  }

  find({ fingerprint, mark }: RequestKeys): EarlierRequest | undefined {
    if (this.byFingerprint.size === 0) return undefined
    const signed = mark && this.fresh(this.bySignature.get(key(mark.digest)))
    return signed ?? this.fresh(this.byFingerprint.get(key(fingerprint)))
  }

  add({ fingerprint, mark }: RequestKeys, settlement: Settlement): void {
    const entry: Entry = { arrivedAt: this.now(), mark, settlement, isUnknown: false }
    this.put(this.byFingerprint, fingerprint, entry)
    if (mark !== undefined) this.put(this.bySignature, mark.digest, entry)
    settlement.then(
      (settled) => {
        entry.isUnknown = settled === undefined
      },
      () => {
        entry.isUnknown = true
      },
    )
  }

  private fresh(entry: Entry | undefined): Entry | undefined {
    return entry !== undefined && this.now() - entry.arrivedAt <= RESEND_WINDOW_MS ? entry : undefined
  }

  private put(entries: Map<string, Entry>, octets: Uint8Array, entry: Entry): void {
    const name = key(octets)
    entries.delete(name)
    entries.set(name, entry)
    this.expire(entries)
  }

  /** Oldest first, as a Map keeps its order; beyond the limit the writer's memory serves. */
  private expire(entries: Map<string, Entry>): void {
    for (const [name, entry] of entries) {
      if (entries.size <= this.most && this.fresh(entry) !== undefined) return
      entries.delete(name)
    }
  }
}

function key(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
}
