/** One message's place in the line. */
export interface Turn {
  /** Resolves when the message may leave, or its place was given up; never after {@link Pace.close}. */
  readonly come: Promise<void>
  /** It has become urgent: it goes to the end of the line of what is. */
  hurry(): void
  /** There is nothing to send any more. */
  giveUp(): void
}

interface Waiting {
  readonly come: () => void
  isUrgent: boolean
  /** Had its turn or gave it up; it stays in its lines until it comes to their head. */
  isOver: boolean
}

/** So that what is said again has its turn too, however much news there is. */
const NEWS_IN_A_ROW = 9

/**
 * Bounds how many messages leave in a second, as BIND's `notify-rate`: news first, then what is said again, which gets one turn in
 * ten. Nothing is dropped.
 */
export class Pace {
  private readonly perSecond: number
  private readonly now: () => number
  private readonly urgent: Waiting[] = []
  private readonly patient: Waiting[] = []
  private count = 0
  private newsInARow = 0
  private tokens: number
  private countedAt: number
  private timer: NodeJS.Timeout | undefined

  /** Messages of a second may leave at once. `now` in ms of a clock that only goes forward. */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.perSecond = perSecond
    this.now = now
    this.tokens = perSecond
    this.countedAt = now()
  }

  get waiting(): number {
    return this.count
  }

  turn(isUrgent: boolean): Turn {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting: Waiting = { come: resolve, isUrgent, isOver: false }
    const line = isUrgent ? this.urgent : this.patient
    line.push(waiting)
    this.count++
    this.serve()
    return {
      come: promise,
      hurry: () => {
        if (waiting.isOver || waiting.isUrgent) return
        waiting.isUrgent = true
        this.urgent.push(waiting)
      },
      giveUp: () => this.end(waiting),
    }
  }

  close(): void {
    clearTimeout(this.timer)
    for (const line of [this.urgent, this.patient]) {
      for (const waiting of line) waiting.isOver = true
      line.length = 0
    }
    this.count = 0
  }

  private serve(): void {
    this.refill()
    while (this.waiting > 0 && this.tokens >= 1) {
      this.tokens--
      this.end(this.next()!)
    }
    if (this.waiting === 0 || this.timer !== undefined) return
    const ms = Math.ceil(((1 - this.tokens) / this.perSecond) * 1_000)
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.serve()
    }, ms).unref()
  }

  private next(): Waiting | undefined {
    const [news, again] = [firstOf(this.urgent), firstOf(this.patient)]
    const isNews = news !== undefined && (again === undefined || this.newsInARow < NEWS_IN_A_ROW)
    this.newsInARow = isNews && again !== undefined ? this.newsInARow + 1 : 0
    return isNews ? news : again
  }

  private end(waiting: Waiting): void {
    if (waiting.isOver) return
    waiting.isOver = true
    this.count--
    waiting.come()
  }

  private refill(): void {
    const now = this.now()
    this.tokens = Math.min(this.perSecond, this.tokens + ((now - this.countedAt) / 1_000) * this.perSecond)
    this.countedAt = now
  }
}

/** The first that still waits; those before it leave the line. */
function firstOf(line: Waiting[]): Waiting | undefined {
  while (line[0]?.isOver === true) line.shift()
  return line[0]
}
