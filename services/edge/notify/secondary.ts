import type { SecondaryStatus } from '../../../shared/messaging/secondaries-service.ts'
import type { NotifyTarget } from '../../../shared/transfers/notify-target.ts'
import type { ExchangeResult } from './exchange.ts'

/** Times in ms. */
export interface RetryTimes {
  readonly timeoutMs: number
  /** Before the second try; doubled for each further one, up to `mostMs`. */
  readonly firstMs: number
  readonly mostMs: number
  /** A new change is told to a server that did not answer this long after the last try, though the next is not due. */
  readonly againMs: number
}

export const RETRY_TIMES: RetryTimes = { timeoutMs: 3_000, firstMs: 1_000, mostMs: 60_000, againMs: 5_000 }

/** Tells one server of a zone's newest serial until it has acknowledged it: one try at a time, with growing pauses. */
export class Secondary {
  readonly target: NotifyTarget
  private readonly times: RetryTimes
  private readonly attempt: (target: NotifyTarget) => Promise<ExchangeResult>
  private address: string | undefined
  private wanted: number | undefined
  private wantedAt = 0
  private told: number | undefined
  private acknowledged: number | undefined
  private acknowledgedAt: number | undefined
  /** What it has, as it said itself, and when. */
  private serial: number | undefined
  private serialAt: number | undefined
  private behindSince: number | undefined
  private failures = 0
  private failure: string | undefined
  private lastSentAt = Number.NEGATIVE_INFINITY
  private isSending = false
  private retry: NodeJS.Timeout | undefined
  private closed = false

  /** `attempt` sends one message about the zone as it is then. */
  constructor(
    target: NotifyTarget,
    attempt: (target: NotifyTarget) => Promise<ExchangeResult>,
    times: RetryTimes = RETRY_TIMES,
  ) {
    this.target = target
    this.attempt = attempt
    this.times = times
  }

  get isPending(): boolean {
    return this.wanted !== undefined && this.wanted !== this.acknowledged
  }

  get status(): SecondaryStatus {
    const { address, told, acknowledged, acknowledgedAt, serial, serialAt, behindSince, failures, failure } =
      this
    const known = { address, told, acknowledged, acknowledgedAt, serial, serialAt, behindSince }
    return { target: this.target.text, ...known, failures, failure }
  }

  /** The zone has this serial now. */
  tell(serial: number): void {
    if (serial !== this.wanted) {
      this.wantedAt = Date.now()
      if (serial !== this.serial) this.behindSince ??= this.wantedAt
    }
    this.wanted = serial
    if (this.isSending || !this.isPending) return
    const rest = this.retry === undefined ? 0 : this.lastSentAt + this.times.againMs - performance.now()
    if (rest <= 0) void this.send()
    else this.sendIn(rest)
  }

  /** It has this serial, whoever heard so. */
  seen(serial: number, at: number): void {
    if (serial === this.wanted) this.behindSince = undefined
    // it follows a zone that goes on changing
    else if (serial !== this.serial && this.wanted !== undefined) this.behindSince = this.wantedAt
    this.serial = serial
    this.serialAt = at
  }

  /** Where it was found last. */
  isAt(address: string): void {
    this.address = address
  }

  close(): void {
    this.closed = true
    clearTimeout(this.retry)
  }

  private async send(): Promise<void> {
    clearTimeout(this.retry)
    this.retry = undefined
    this.isSending = true
    this.lastSentAt = performance.now()
    const serial = this.wanted
    this.told = serial
    const result = await this.attempt(this.target)
    this.isSending = false
    if (this.closed) return
    if (result === 'acknowledged') this.succeeded(serial)
    else this.failed(result.failure)
  }

  private succeeded(serial: number | undefined): void {
    this.acknowledged = serial
    this.acknowledgedAt = Date.now()
    this.failures = 0
    this.failure = undefined
    if (this.isPending) void this.send()
  }

  private failed(failure: string): void {
    this.failures++
    this.failure = failure
    const pause = Math.min(this.times.mostMs, this.times.firstMs * 2 ** (this.failures - 1))
    this.sendIn(pause * (0.75 + Math.random() / 2))
  }

  private sendIn(ms: number): void {
    clearTimeout(this.retry)
    this.retry = setTimeout(() => void this.send(), ms).unref()
  }
}
