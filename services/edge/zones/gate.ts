/** Lets a number of tasks run at once; the others wait their turn. */
export class Gate {
  private free: number
  private readonly queue: (() => void)[] = []

  constructor(atOnce: number) {
    this.free = atOnce
  }

  async pass<T>(task: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--
    else await new Promise<void>((turn) => this.queue.push(turn))
    try {
      return await task()
    } finally {
      const next = this.queue.shift()
      if (next === undefined) this.free++
      else next()
    }
  }
}
