import CircuitBreaker from 'opossum'
import type { Logger } from './log.ts'

export type BreakerState = 'closed' | 'half-open' | 'open'

/** A circuit breaker at one of the two places where waiting would pile up. Its state goes to the log and to /healthz. */
export interface Breaker<TArguments extends unknown[], TResult> {
  /** Runs the action; rejects with {@link isRefusedByBreaker} without running it while open. */
  fire(...args: TArguments): Promise<TResult>
  /**
   * Begins an attempt that does not go through {@link fire}, for what is done so often that a promise and a timer for each would be felt.
   * Whoever calls it tells how it ends, also that it takes longer than the limit. Undefined, and counted as refused, while open.
   */
  begin(): Attempt | undefined
  readonly state: BreakerState
  /** The reason for which it may have opened is known to be gone. */
  reset(): void
  close(): void
}

/** How it ends is to be told once. */
export interface Attempt {
  succeeded(): void
  failed(error: Error): void
}

export interface BreakerOptions {
  readonly name: string
  readonly log: Logger
  /** An attempt that takes longer counts as failed, in ms; it goes on all the same. False: no limit. */
  readonly timeoutMs: number | false
  /** How long to stay open before one attempt is let through, in ms. */
  readonly resetMs: number
  /** Attempts within the window before failures can open it. */
  readonly volume: number
  /** Whether a failure says nothing of the other side's health. */
  readonly isInnocent?: (error: Error) => boolean
  readonly onState?: (state: BreakerState) => void
}

const WINDOW_MS = 5_000
const MOST_FAILED_PERCENT = 50

export function createBreaker<TArguments extends unknown[], TResult>(
  action: (...args: TArguments) => Promise<TResult>,
  { name, log, timeoutMs, resetMs, volume, isInnocent, onState }: BreakerOptions,
): Breaker<TArguments, TResult> {
  const breaker = new CircuitBreaker((work: () => Promise<TResult | undefined>) => work(), {
    name,
    timeout: timeoutMs,
    resetTimeout: resetMs,
    errorThresholdPercentage: MOST_FAILED_PERCENT,
    volumeThreshold: volume,
    rollingCountTimeout: WINDOW_MS,
    // nobody reads these, and each half second all latencies of the window would be sorted for them
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    ...(isInnocent === undefined ? {} : { errorFilter: (error: Error) => isInnocent(error) }),
  })
  const state = (): BreakerState => (breaker.halfOpen ? 'half-open' : breaker.opened ? 'open' : 'closed')
  const report = (now: BreakerState) => {
    const line = { breaker: name, state: now }
    if (now === 'open') log.warn(line, `circuit breaker ${name} is open`)
    else log.info(line, `circuit breaker ${name} is ${now}`)
    onState?.(now)
  }
  breaker.on('open', () => report('open'))
  breaker.on('halfOpen', () => report('half-open'))
  breaker.on('close', () => report('closed'))
  // the same as opossum does for what it fires
  const counted: Attempt = {
    succeeded: () => void breaker.emit('success', undefined, 0),
    failed: (error) => {
      if (isInnocent?.(error)) return counted.succeeded()
      breaker.emit('failure', error, 0, [])
      const { fires, failures } = breaker.stats
      const isTooMuch = fires >= volume && (100 * failures) / fires > MOST_FAILED_PERCENT
      if (isTooMuch || breaker.halfOpen) breaker.open()
    },
  }
  return {
    fire: (...args) => breaker.fire(() => action(...args)) as Promise<TResult>,
    begin: () => {
      if (!breaker.closed) return letThrough((work) => breaker.fire(work))
      breaker.emit('fire', [])
      return counted
    },
    get state() {
      return state()
    },
    reset: () => breaker.close(),
    close: () => breaker.shutdown(),
  }
}

/** The breaker itself decides whether one is let through, and judges what becomes of it. */
function letThrough(fire: (work: () => Promise<undefined>) => Promise<unknown>): Attempt | undefined {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  let isRun = false
  fire(() => {
    isRun = true
    return promise
  }).catch(() => {}) // whoever began it knows
  return isRun ? { succeeded: () => resolve(undefined), failed: reject } : undefined
}

/** Whether the breaker refused without running the action: it certainly did nothing. */
export function isRefusedByBreaker(error: unknown): boolean {
  const code = (error as { code?: string }).code
  return code === 'EOPENBREAKER' || code === 'ESHUTDOWN'
}
