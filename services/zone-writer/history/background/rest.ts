import { type EventLoopUtilization, performance } from 'node:perf_hooks'

/** From this share of its time on, a process is busy with what cannot wait. */
const BUSY = 0.5
/** How much less is done in the background then. */
const BUSY_FACTOR = 5

/** How long work in the background rests: updates come first. */
export class BackgroundRest {
  private readonly share: number
  private before: EventLoopUtilization = performance.eventLoopUtilization()

  /** `share` is the percentage of the time that may be worked while nothing else is to be done. */
  constructor(share: number) {
    this.share = share
  }

  /** Ms to rest after so many ms of work; `givesWay` where it is known to be in the way of updates. */
  after(worked: number, givesWay = false): number {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.before)
    this.before = now
    return worked * (100 / this.share - 1) * (utilization > BUSY || givesWay ? BUSY_FACTOR : 1)
  }
}
