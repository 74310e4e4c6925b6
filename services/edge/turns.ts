/** So long the event loop is held in one go, in ms. */
const TURN_MS = 1

/**
 * Work that comes in crowds, in its order, a little in one go: between, sockets are read, so that a query need not wait until all that a
 * commit of a writer brings at once is taken. What the work sets off by promises counts as part of its time.
 */
export class Turns {
  private queue: (() => void)[] = []
  private next = 0
  /** When the present turn is over, by `performance.now()`. */
  private until = Number.NEGATIVE_INFINITY
  private isGoing = false

  /** How much waits. */
  get waiting(): number {
    return this.queue.length - this.next
  }

  /** To be done soon, after what was added before. It must not throw. */
  add(work: () => void): void {
    this.queue.push(work)
    if (this.isGoing) return
    this.isGoing = true
    const now = performance.now()
    if (now >= this.until) this.until = now + TURN_MS
    queueMicrotask(this.step)
  }

  private readonly step = (): void => {
    this.queue[this.next++]!()
    if (this.next === this.queue.length) {
      this.queue = []
      this.next = 0
      this.isGoing = false
    } else if (performance.now() < this.until) queueMicrotask(this.step)
    else setImmediate(this.begin)
  }

  private readonly begin = (): void => {
    this.until = performance.now() + TURN_MS
    this.step()
  }
}
