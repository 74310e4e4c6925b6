import { randomInt } from 'node:crypto'
import { RESEND_WINDOW_MS } from '../../../../shared/time-limits.ts'

interface Recent {
  readonly id: number
  readonly at: number
  isPending: boolean
}

const MOST = 50_000

/**
 * Message ids for requests that have none. The same request gets the same id, and so the first outcome (P2), while that is awaited, or while
 * the zone still is as it left it. When something else has come in between, it is a new request with another id: an address that went and
 * came back within seconds must be taken.
 */
export class RequestIds {
  private readonly recent = new Map<string, Recent>()
  private readonly now: () => number

  /** `now` is a monotonic clock in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now
  }

  /** `isAsAsked` tells whether the zone holds already what the request asks for. To be told when it is settled. */
  take(content: string, isAsAsked: boolean): { readonly id: number; readonly settled: () => void } {
    const known = this.recent.get(content)
    const isFresh = known !== undefined && this.now() - known.at <= RESEND_WINDOW_MS
    if (isFresh && (known.isPending || isAsAsked)) return { id: known.id, settled: () => {} }
    const id = known === undefined ? randomInt(0x10000) : (known.id + 1) & 0xffff
    const taken: Recent = { id, at: this.now(), isPending: true }
    this.recent.delete(content)
    this.recent.set(content, taken)
    this.expire()
    const settled = () => {
      taken.isPending = false
    }
    return { id, settled }
  }

  private expire(): void {
    for (const [oldest, { at }] of this.recent) {
      if (this.recent.size <= MOST && this.now() - at <= RESEND_WINDOW_MS) return
      this.recent.delete(oldest)
    }
  }
}
