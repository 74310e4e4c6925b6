/** Counts how often the event loop came round, so that others had their turn, until it is stopped. */
export class Turns {
  count = 0
  private stopped = false

  constructor() {
    const tick = () => {
      this.count++
      if (!this.stopped) setImmediate(tick).unref()
    }
    setImmediate(tick).unref()
  }

  stop(): number {
    this.stopped = true
    return this.count
  }
}
