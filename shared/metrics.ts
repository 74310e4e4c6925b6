import { Counter, Gauge, Registry } from 'prom-client'
import type { BreakerState } from './breaker.ts'

const STATES: readonly BreakerState[] = ['closed', 'half-open', 'open']

/** For durations of updates, in seconds. */
export const SECONDS_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10]

/** What the metrics of every service have. Labels take few values, whatever clients send. */
export class ServiceMetrics {
  readonly registry = new Registry()
  private readonly breaker: Gauge

  /** `prefix` begins every name; `beyond` is what the service's circuit breaker stands in front of. */
  constructor(prefix: string, beyond: string) {
    this.breaker = new Gauge({
      name: `${prefix}_breaker_state`,
      help: `circuit breaker towards ${beyond}: 1 for the state it is in`,
      labelNames: ['state'],
      registers: [this.registry],
    })
    this.breakerState('closed')
  }

  breakerState(now: BreakerState): void {
    for (const state of STATES) this.breaker.set({ state }, state === now ? 1 : 0)
  }

  /** A count that somebody else keeps. */
  counter(name: string, help: string, read: () => number): void {
    const counter: Counter = new Counter({
      name,
      help,
      registers: [this.registry],
      collect: () => {
        counter.reset()
        counter.inc(read())
      },
    })
  }

  /** Counts with labels that somebody else keeps. */
  counters<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: () => Iterable<{ readonly labels: Record<Label, string>; readonly count: number }>,
  ): void {
    const counter: Counter = new Counter({
      name,
      help,
      labelNames,
      registers: [this.registry],
      collect: () => {
        counter.reset()
        for (const { labels, count } of read()) counter.inc(labels, count)
      },
    })
  }

  /** A number that is read when metrics are asked for. */
  gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.registry],
      collect: () => gauge.set(read()),
    })
  }
}
