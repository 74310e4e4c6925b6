/** Those who wait for a condition that changes only at certain moments, which the owner calls out. */
export class Waiters {
  private readonly waiting = new Set<Waiter>()

  get size(): number {
    return this.waiting.size
  }

  /** True as soon as `ready` holds; false after `ms`, or when those who are not `patient` are sent away. */
  until(ready: () => boolean, ms: number, patient = false): Promise<boolean> {
    if (ready()) return Promise.resolve(true)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiter: Waiter = {
      ready,
      patient,
      settle: (met) => {
        clearTimeout(timer)
        this.waiting.delete(waiter)
        resolve(met)
      },
    }
    const timer = setTimeout(() => waiter.settle(ready()), ms)
    this.waiting.add(waiter)
    return promise
  }

  /** Something changed: looks again for everybody. */
  progress(): void {
    for (const waiter of this.waiting) if (waiter.ready()) waiter.settle(true)
  }

  /** It will not come soon. */
  sendAway(): void {
    for (const waiter of this.waiting) if (!waiter.patient) waiter.settle(false)
  }
}

interface Waiter {
  readonly ready: () => boolean
  readonly patient: boolean
  settle(met: boolean): void
}
