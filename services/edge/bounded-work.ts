/** Work that is dear: a few pieces at a time, a short line behind them, and no more. */
export class BoundedWork {
  private readonly mostRunning: number
  private readonly mostWaiting: number
  private readonly line: (() => void)[] = []
  private running = 0

  constructor(mostRunning: number, mostWaiting: number) {
    this.mostRunning = mostRunning
    this.mostWaiting = mostWaiting
  }

  /** What `work` resolves to; undefined, at once, when the line is full. */
  run<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.running < this.mostRunning) return this.start(work)
    if (this.line.length >= this.mostWaiting) return undefined
    return new Promise((resolve, reject) => {
      this.line.push(() => void this.start(work).then(resolve, reject))
    })
  }

  private async start<T>(work: () => Promise<T>): Promise<T> {
    this.running += 1
    try {
      return await work()
    } finally {
      this.running -= 1
      this.line.shift()?.()
    }
  }
}
