/** How many transfers there may be at once. */
export interface SlotLimits {
  readonly inAll: number
  /** Of one client address, so that none can keep the others out. */
  readonly ofAddress: number
  /** Transfers that may wait for a slot. */
  readonly waiting: number
  /** For how long, in ms. */
  readonly waitMs: number
}

export const SLOT_LIMITS: SlotLimits = { inAll: 20, ofAddress: 10, waiting: 100, waitMs: 5_000 }

/** Bounds transfers; those beyond the bound wait a little. */
export class Slots {
  private readonly limits: SlotLimits
  private readonly byAddress = new Map<string, number>()
  private readonly queue: { address: string; go: (taken: boolean) => void }[] = []
  private taken = 0

  constructor(limits: Partial<SlotLimits> = {}) {
    this.limits = { ...SLOT_LIMITS, ...limits }
  }

  get running(): number {
    return this.taken
  }

  get waiting(): number {
    return this.queue.length
  }

  /** The function that gives the slot back, which may be called twice; undefined when there was none in time. */
  async take(address: string): Promise<(() => void) | undefined> {
    if (this.isFree(address)) this.occupy(address)
    else if (!(await this.wait(address))) return undefined
    let held = true
    return () => {
      if (held) this.giveBack(address)
      held = false
    }
  }

  private isFree(address: string): boolean {
    return this.taken < this.limits.inAll && this.of(address) < this.limits.ofAddress
  }

  private occupy(address: string): void {
    this.taken++
    this.byAddress.set(address, this.of(address) + 1)
  }

  private of(address: string): number {
    return this.byAddress.get(address) ?? 0
  }

  private wait(address: string): Promise<boolean> {
    if (this.queue.length >= this.limits.waiting) return Promise.resolve(false)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const entry = {
      address,
      go: (taken: boolean) => {
        clearTimeout(timer)
        this.queue.splice(this.queue.indexOf(entry), 1)
        if (taken) this.occupy(address)
        resolve(taken)
      },
    }
    const timer = setTimeout(() => entry.go(false), this.limits.waitMs)
    this.queue.push(entry)
    return promise
  }

  private giveBack(address: string): void {
    this.taken--
    const left = this.of(address) - 1
    if (left === 0) this.byAddress.delete(address)
    else this.byAddress.set(address, left)
    this.queue.find((entry) => this.isFree(entry.address))?.go(true)
  }
}
