import { CONSUMER_HEARTBEAT_MS } from '../../../shared/time-limits.ts'

const MOST = 8

/**
 * How long a consumer of commands may say nothing. A busy cluster may take long to give one its leader: one that is made anew too soon,
 * again and again, never gets one. So each in a row gets twice as long, until a command comes.
 */
export class Patience {
  private times = 1

  /** Between two signs of life, in ms. */
  get heartbeatMs(): number {
    return CONSUMER_HEARTBEAT_MS * this.times
  }

  saidNothing(): void {
    this.times = Math.min(MOST, 2 * this.times)
  }

  saidSomething(): void {
    this.times = 1
  }
}
