import { RESEND_WINDOW_MS } from '../../../shared/commands.ts'

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

/** An earlier request that is the same by its fingerprint. */
export interface EarlierRequest {
  /** What its signature cannot share with that of another time; empty when it had none. */
  readonly signature: Uint8Array
  readonly settlement: Settlement
}

const MOST = 200_000
/** Of updates that were turned away. */
export const MOST_TURNED_AWAY = 50_000

/**
 * Recent requests by fingerprint (P2). A re-send joins a request that is undecided, or gets the outcome of one that was settled
 * less than 30 s after it arrived. A request whose outcome stayed unknown is forgotten: the writer knows what became of it.
 */
export class Resends {
  private readonly recent = new Map<string, EarlierRequest & { arrivedAt: number }>()
  private readonly now: () => number
  private readonly most: number

  /** `now` is a monotonic clock in ms. */
  constructor(now: () => number = () => performance.now(), most = MOST) {
    this.now = now
    this.most = most
  }

  /** Whether another one would push out one that is still to be remembered. */
  get isFull(): boolean {
    this.expire()
    return this.recent.size >= this.most
  }

  get size(): number {
    return this.recent.size
  }

  find(fingerprint: Uint8Array): EarlierRequest | undefined {
    if (this.recent.size === 0) return undefined
    const entry = this.recent.get(key(fingerprint))
    return entry !== undefined && this.now() - entry.arrivedAt <= RESEND_WINDOW_MS ? entry : undefined
  }

  add(fingerprint: Uint8Array, signature: Uint8Array, settlement: Settlement): void {
    const name = key(fingerprint)
    const entry = { arrivedAt: this.now(), signature, settlement }
    this.recent.delete(name)
    this.recent.set(name, entry)
    this.expire()
    void settlement.then((settled) => {
      if (settled === undefined && this.recent.get(name) === entry) this.recent.delete(name)
    })
  }

  /** Oldest first, as a Map keeps its order; beyond the limit the writer's memory serves. */
  private expire(): void {
    for (const [name, { arrivedAt }] of this.recent) {
      if (this.recent.size <= this.most && this.now() - arrivedAt <= RESEND_WINDOW_MS) return
      this.recent.delete(name)
    }
  }
}

function key(fingerprint: Uint8Array): string {
  return Buffer.from(fingerprint).toString('latin1')
}
