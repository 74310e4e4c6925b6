import CircuitBreaker from 'opossum'
import type { Logger } from './log.ts'

export type BreakerState = 'closed' | 'half-open' | 'open'

/** A circuit breaker at one of the two places where waiting would pile up. Its state goes to the log and to /healthz. */
export interface Breaker<TArguments extends unknown[], TResult> {
  /** Runs the action; rejects with {@link isRefusedByBreaker} without running it while open. */
  fire(...args: TArguments): Promise<TResult>
  readonly state: BreakerState
  /** The reason for which it may have opened is known to be gone. */
  reset(): void
  close(): void
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

export function createBreaker<TArguments extends unknown[], TResult>(
  action: (...args: TArguments) => Promise<TResult>,
  { name, log, timeoutMs, resetMs, volume, isInnocent, onState }: BreakerOptions,
): Breaker<TArguments, TResult> {
  const breaker = new CircuitBreaker(action, {
    name,
    timeout: timeoutMs,
    resetTimeout: resetMs,
    errorThresholdPercentage: 50,
    volumeThreshold: volume,
    rollingCountTimeout: WINDOW_MS,
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
  return {
    fire: (...args) => breaker.fire(...args),
    get state() {
      return state()
    },
    reset: () => breaker.close(),
    close: () => breaker.shutdown(),
  }
}

/** Whether the breaker refused without running the action: it certainly did nothing. */
export function isRefusedByBreaker(error: unknown): boolean {
  const code = (error as { code?: string }).code
  return code === 'EOPENBREAKER' || code === 'ESHUTDOWN'
}
