import { randomInt } from 'node:crypto'

interface Awaited {
  readonly id: number
  waiting: number
}

/**
 * Message ids for requests that have none. The same request gets the same id, and so the same outcome (P2), while that is awaited. Once it is
 * known, a repetition is another request: an address that went and came back within seconds must be taken, and a client that says
 * again what is there already has been seen again.
 */
export class RequestIds {
  private readonly awaited = new Map<string, Awaited>()
  private next = randomInt(0x10000)

  /** To be told when it is settled. */
  take(content: string): { readonly id: number; readonly settled: () => void } {
    const known = this.awaited.get(content) ?? { id: this.newId(), waiting: 0 }
    known.waiting += 1
    this.awaited.set(content, known)
    const settled = () => {
      known.waiting -= 1
      if (known.waiting === 0) this.awaited.delete(content)
    }
    return { id: known.id, settled }
  }

  /** In turn, so that none comes again while a writer would take it for a repetition. */
  private newId(): number {
    this.next = (this.next + 1) & 0xffff
    return this.next
  }
}
