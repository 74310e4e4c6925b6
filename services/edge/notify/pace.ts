/** Bounds how many messages leave in a second, as BIND's `notify-rate`: news first, then what is said again. Nothing is dropped. */
export class Pace {
  private readonly perSecond: number
  private readonly now: () => number
  private readonly urgent: (() => void)[] = []
  private readonly patient: (() => void)[] = []
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
    return this.urgent.length + this.patient.length
  }

  /** Resolves when a message may leave; never after {@link close}. */
  turn(isUrgent: boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const line = isUrgent ? this.urgent : this.patient
    line.push(resolve)
    this.serve()
    return promise
  }

  close(): void {
    clearTimeout(this.timer)
    this.urgent.length = 0
    this.patient.length = 0
  }

  private serve(): void {
    this.refill()
    while (this.waiting > 0 && this.tokens >= 1) {
      this.tokens--
      const next = this.urgent.shift() ?? this.patient.shift()
      next?.()
    }
    if (this.waiting === 0 || this.timer !== undefined) return
    const ms = Math.ceil(((1 - this.tokens) / this.perSecond) * 1_000)
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.serve()
    }, ms).unref()
  }

  private refill(): void {
    const now = this.now()
    this.tokens = Math.min(this.perSecond, this.tokens + ((now - this.countedAt) / 1_000) * this.perSecond)
    this.countedAt = now
  }
}
