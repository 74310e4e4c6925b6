/** So long the event loop is held in one go at least, in ms, and this part of what all else took since the last time: nobody starves. */
const TURN_MS = 1
const SHARE = 0.5
/** With more waiting whoever brings work has to wait until it is done, so that the socket it comes from is read no faster. */
const MOST_WAITING = 5_000
/** Places of work that is done are given back by so many. */
const DONE_AT_ONCE = 1_000

/**
 * Work that comes in crowds, in its order, a little in one go: between, sockets are read, so that a query need not wait until all that a
 * commit of a writer brings at once is taken. What the work sets off by promises counts as part of its time.
 */
export class Turns {
  private readonly queue: ((() => void) | undefined)[] = []
  private next = 0
  /** When the present turn is over, by `performance.now()`. */
  private until = Number.NEGATIVE_INFINITY
  private isGoing = false
  private readonly most: number

  /** `most` may wait. */
  constructor(most = MOST_WAITING) {
    this.most = most
  }

  /** How much waits. */
  get waiting(): number {
    return this.queue.length - this.next
  }

  /** To be done soon, after what was added before; at once where too much waits. */
  add(work: () => void): void {
    this.queue.push(work)
    while (this.waiting > this.most) this.take()
    if (this.isGoing) return
    this.isGoing = true
    const now = performance.now()
    if (now >= this.until) this.until = now + TURN_MS
    queueMicrotask(this.step)
  }

  private take(): void {
    const work = this.queue[this.next]
    // what is done is not kept until all is done
    this.queue[this.next++] = undefined
    if (this.next >= DONE_AT_ONCE || this.next === this.queue.length) {
      this.queue.splice(0, this.next)
      this.next = 0
    }
    work?.()
  }

  private readonly step = (): void => {
    try {
      this.take()
    } finally {
      this.goOn()
    }
  }

  private goOn(): void {
    if (this.waiting === 0) this.isGoing = false
    else if (performance.now() < this.until) queueMicrotask(this.step)
    else {
      this.until = performance.now()
      setImmediate(this.begin)
    }
  }

  private readonly begin = (): void => {
    const now = performance.now()
    this.until = now + Math.max(TURN_MS, SHARE * (now - this.until))
    this.step()
  }
}
