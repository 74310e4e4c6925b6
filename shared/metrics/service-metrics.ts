import { Counter, Gauge, Registry } from 'prom-client'
import type { BreakerState } from '../breaker.ts'
import { Durations, registerDurations } from './durations.ts'

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

  /** A histogram of durations without labels. */
  durations(name: string, help: string, bounds?: readonly number[]): Durations {
    const durations = new Durations(bounds)
    registerDurations(this.registry, name, help, [{ labels: {}, durations }])
    return durations
  }

  /** A histogram of durations for each of these values of a label. */
  durationsBy<Value extends string>(
    name: string,
    help: string,
    label: string,
    values: readonly Value[],
  ): Readonly<Record<Value, Durations>> {
    const series = values.map((value) => ({ labels: { [label]: value }, durations: new Durations() }))
    registerDurations(this.registry, name, help, series)
    return Object.fromEntries(series.map(({ durations }, index) => [values[index], durations])) as Record<
      Value,
      Durations
    >
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

  /** Numbers with labels that are asked for when metrics are; none where nothing is known. */
  gauges<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: () => LabelledValues<Label> | Promise<LabelledValues<Label>>,
  ): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.registry],
      collect: async () => {
        const values = await read()
        gauge.reset()
        // without labels, a gauge that is reset says 0
        if (labelNames.length === 0) gauge.remove()
        for (const { labels, value } of values) gauge.set(labels, value)
      },
    })
  }
}

type LabelledValues<Label extends string> = readonly {
  readonly labels: Readonly<Record<Label, string>>
  readonly value: number
}[]
