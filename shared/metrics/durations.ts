import type { Metric, MetricValue, Registry } from 'prom-client'

/** Upper bounds of buckets, in seconds: what takes microseconds and what a client gives up on. */
export const STAGE_BUCKETS: readonly number[] = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
  10,
]

/** One series of a histogram. It counts by itself: each `observe` of prom-client makes objects and a string. */
export class Durations {
  private readonly bounds: readonly number[]
  /** One more than there are bounds, for what is longer than all of them. */
  private readonly counts: Float64Array
  private sum = 0

  constructor(bounds: readonly number[] = STAGE_BUCKETS) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  /** The clocks of two machines may disagree by a little: what then is less than nothing counts as nothing. */
  observe(ms: number): void {
    const seconds = ms > 0 ? ms / 1_000 : 0
    let bucket = 0
    while (bucket < this.bounds.length && seconds > this.bounds[bucket]!) bucket++
    this.counts[bucket]! += 1
    this.sum += seconds
  }

  /** As Prometheus wants them: each bucket with all below it. */
  *values(name: string, labels: Readonly<Record<string, string>>): Generator<HistogramValue> {
    let below = 0
    for (const [index, count] of this.counts.entries()) {
      below += count
      const le = this.bounds[index] ?? '+Inf'
      yield { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below }
    }
    yield { metricName: `${name}_sum`, labels, value: this.sum }
    yield { metricName: `${name}_count`, labels, value: below }
  }
}

type HistogramValue = MetricValue<string> & { readonly metricName: string }

/** One series of a histogram with labels, or the only one of a histogram without. */
export interface LabelledDurations {
  readonly labels: Readonly<Record<string, string>>
  readonly durations: Durations
}

/** Puts them on /metrics as one histogram. */
export function registerDurations(
  registry: Registry,
  name: string,
  help: string,
  series: readonly LabelledDurations[],
): void {
  const values = () => series.flatMap(({ labels, durations }) => [...durations.values(name, labels)])
  const get = async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: values() })
  // what a registry asks of a metric; prom-client's types know its own classes only
  registry.registerMetric({ name, help, type: 'histogram', get } as unknown as Metric)
}
