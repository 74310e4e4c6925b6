import { compareSerial, type Serial } from '../../../shared/dns/serial.ts'
import type { SecondaryStatus } from '../../../shared/messaging/secondaries-service.ts'
import type { NotifyTarget } from '../../../shared/transfers/notify-target.ts'
import type { ExchangeResult } from './exchange.ts'
import type { Pace, Turn } from './pace.ts'

/** Times in ms. */
export interface RetryTimes {
  readonly timeoutMs: number
  /** Before the second try; doubled for each further one, up to `mostMs`. */
  readonly firstMs: number
  readonly mostMs: number
  /**
   * A new change is told to a server that did not answer this long after the last try, though the next is not due; later, up to an
   * eighth of the pause, when it has not answered for long.
   */
  readonly againMs: number
}

export const RETRY_TIMES: RetryTimes = {
  timeoutMs: 3_000,
  firstMs: 1_000,
  mostMs: 15 * 60_000,
  againMs: 5_000,
}

/** How one try ended, and of which serial it told; undefined when nothing was sent. */
export interface Try {
  readonly result: ExchangeResult
  readonly serial: number | undefined
}

/** Tells one server of a zone's newest serial until it has acknowledged it: one try at a time, with growing pauses. */
export class Secondary {
  readonly target: NotifyTarget
  private readonly times: RetryTimes
  private readonly attempt: () => Promise<Try>
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
  private lastTriedAt = Number.NEGATIVE_INFINITY
  private isSending = false
  private isUrgent = false
  private turn: Turn | undefined
  private retry: NodeJS.Timeout | undefined
  /** When that is, by `performance.now()`. */
  private dueAt = 0
  private closed = false

  /** `attempt` sends one message about the zone as it is then, {@link inTurn}. */
  constructor(target: NotifyTarget, attempt: () => Promise<Try>, times: RetryTimes = RETRY_TIMES) {
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
  tell(serial: number, isUrgent: boolean): void {
    const isNews = serial !== this.wanted
    this.want(serial)
    if (this.isSending && isUrgent) this.hurry()
    if (this.isSending || !this.isPending) return
    if (this.retry === undefined) void this.send(isUrgent)
    else if (isNews) this.sendSoon(Math.max(this.times.againMs, this.pauseMs / 8))
  }

  /** It has this serial, whoever heard so. */
  seen(serial: number, at: number): void {
    if (serial === this.wanted) this.behindSince = undefined
    // it follows a zone that goes on changing
    else if (serial !== this.serial && this.wanted !== undefined) this.behindSince = this.wantedAt
    this.serial = serial
    this.serialAt = at
    if (serial !== this.wanted) this.isAlive()
  }

  /** It was heard of, so it may answer again. */
  isAlive(): void {
    if (this.isPending && this.retry !== undefined) this.sendSoon(this.times.againMs)
  }

  /** Where it was found last. */
  isAt(address: string): void {
    this.address = address
  }

  /** Resolves when its message may leave, which what is urgent does first, or when it is closed. */
  async inTurn(pace: Pace): Promise<void> {
    if (this.closed) return
    this.turn = pace.turn(this.isUrgent)
    await this.turn.come
    this.turn = undefined
  }

  close(): void {
    this.closed = true
    this.turn?.giveUp()
    clearTimeout(this.retry)
  }

  get isClosed(): boolean {
    return this.closed
  }

  private get pauseMs(): number {
    return Math.min(this.times.mostMs, this.times.firstMs * 2 ** (this.failures - 1))
  }

  /** Something has changed while a message waits for its turn, or is about to. */
  private hurry(): void {
    this.isUrgent = true
    this.turn?.hurry()
  }

  private want(serial: number): void {
    if (serial === this.wanted) return
    this.wanted = serial
    this.wantedAt = Date.now()
    if (serial !== this.serial) this.behindSince ??= this.wantedAt
  }

  private async send(isUrgent: boolean): Promise<void> {
    clearTimeout(this.retry)
    this.retry = undefined
    this.isSending = true
    this.isUrgent = isUrgent
    const { result, serial } = await this.attempt()
    this.isSending = false
    this.lastTriedAt = performance.now()
    if (this.closed) return
    this.told = serial ?? this.told
    if (result === 'acknowledged') this.succeeded(serial!)
    else this.failed(result.failure)
  }

  private succeeded(serial: number): void {
    const isNews = serial !== this.acknowledged
    this.acknowledged = serial
    this.acknowledgedAt = Date.now()
    this.failures = 0
    this.failure = undefined
    // the zone went on while the message waited for its turn, and the message said so
    if (this.wanted === undefined || isLater(serial, this.wanted)) this.want(serial)
    if (!this.isPending) return
    if (isNews) void this.send(true)
    else this.sendIn(this.times.againMs)
  }

  private failed(failure: string): void {
    this.failures++
    this.failure = failure
    this.sendIn(this.pauseMs * (0.75 + Math.random() / 2))
  }

  /** So long after the last try, if the next is not due before. */
  private sendSoon(ms: number): void {
    const rest = Math.max(0, this.lastTriedAt + ms - performance.now())
    if (rest < this.dueAt - performance.now()) this.sendIn(rest)
  }

  private sendIn(ms: number): void {
    clearTimeout(this.retry)
    this.dueAt = performance.now() + ms
    this.retry = setTimeout(() => {
      this.retry = undefined
      if (this.isPending) void this.send(false)
    }, ms).unref()
  }
}

const isLater = (one: number, other: number): boolean => compareSerial(one as Serial, other as Serial) === 1
