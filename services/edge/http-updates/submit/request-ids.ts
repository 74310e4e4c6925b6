import { randomInt } from 'node:crypto'

interface Awaited {
  readonly id: number
  waiting: number
}

/**
 * Message ids for requests that have none. The same request gets the same id, and so the same outcome (P2), while that is awaited and nothing
 * else was asked of its names since: who asks for what was there before another request must not be told the outcome from before that one.
 * Once it is known, a repetition is another request: an address that went and came back within seconds must be taken, and a client that says
 * again what is there already has been seen again.
 */
export class RequestIds {
  private readonly awaited = new Map<string, Awaited>()
  /** By name: what was asked of it last, while that is awaited. */
  private readonly newest = new Map<string, Awaited>()
  private next = randomInt(0x10000)

  /** `names` are those that the request changes, told apart by zone; `settled` is to be called when it is settled. */
  take(content: string, names: Iterable<string>): { readonly id: number; readonly settled: () => void } {
    const all = new Set(names)
    const known = this.awaited.get(content)
    const isNewest = known !== undefined && [...all].every((name) => this.newest.get(name) === known)
    const request = isNewest ? known : { id: this.newId(), waiting: 0 }
    request.waiting += 1
    this.awaited.set(content, request)
    for (const name of all) this.newest.set(name, request)
    const settled = () => {
      request.waiting -= 1
      if (request.waiting > 0) return
      drop(this.awaited, content, request)
      for (const name of all) drop(this.newest, name, request)
    }
    return { id: request.id, settled }
  }

  /** In turn, so that none comes again while a writer would take it for a repetition. */
  private newId(): number {
    this.next = (this.next + 1) & 0xffff
    return this.next
  }
}

function drop(all: Map<string, Awaited>, name: string, request: Awaited): void {
  if (all.get(name) === request) all.delete(name)
}
