import { SLOTS, slotOf } from './source-slots.ts'

/** How long a right signature speaks for its address, in ms. */
const KEPT_MS = 24 * 60 * 60_000

/** Addresses that rightly signed messages came from: in a flood they are told from those that are made up. */
export class ProvenSenders {
  /** ms of the last right signature, by slot. */
  private readonly at = new Float64Array(SLOTS).fill(Number.NEGATIVE_INFINITY)
  private readonly now: () => number

  /** `now` is a monotonic clock in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now
  }

  add(address: string): void {
    this.at[slotOf(address)] = this.now()
  }

  has(slot: number): boolean {
    return this.now() - this.at[slot]! <= KEPT_MS
  }
}
