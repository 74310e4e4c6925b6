import type { SignatureMark } from '../../../shared/fingerprint.ts'
import type { Settled } from './resends.ts'

export const MOST_REFUSED = 50_000

/**
 * Rightly signed requests that this edge refused for good. Their senders were told that they never will be applied (P3), so a copy must
 * not be accepted later, when the rules, the zones or the clock would let it: as long as its signature is valid it gets the same
 * answer. Only who has a key can fill it.
 */
export class RefusedSignatures {
  private readonly refused = new Map<string, { readonly settled: Settled; readonly expiresAt: number }>()
  private readonly now: () => number

  /** `now` in ms since the epoch. */
  constructor(now: () => number) {
    this.now = now
  }

  get size(): number {
    return this.refused.size
  }

  find({ digest }: SignatureMark): Settled | undefined {
    if (this.refused.size === 0) return undefined
    const found = this.refused.get(key(digest))
    return found !== undefined && this.now() < found.expiresAt ? found.settled : undefined
  }

  /** In a flood the oldest is forgotten first. */
  add({ digest, expiresAt }: SignatureMark, settled: Settled): void {
    if (expiresAt <= this.now()) return
    this.refused.set(key(digest), { settled, expiresAt })
    for (const [oldest, { expiresAt: end }] of this.refused) {
      if (this.refused.size <= MOST_REFUSED && this.now() < end) return
      this.refused.delete(oldest)
    }
  }
}

function key(digest: Uint8Array): string {
  return Buffer.from(digest).toString('latin1')
}
