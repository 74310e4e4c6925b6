import { Counter, Gauge } from 'prom-client'
import { LabelledCounts } from '../../../shared/metrics/labelled-counts.ts'
import type { ServiceMetrics } from '../../../shared/metrics/service-metrics.ts'
import type { ExchangeResult } from './exchange.ts'

/** How a secondary of a zone stands that this edge notifies. */
export interface SecondaryLag {
  readonly zone: string
  readonly target: string
  /** For how long the zone has been past what the secondary is known to have; 0 when it is not. */
  readonly behindSeconds: number
  readonly failures: number
}

/** Servers that are told apart. */
const MOST_TARGETS = 100

/** Counters of NOTIFY, and the lag of each secondary that this edge notifies. */
export class NotifyMetrics {
  private readonly results: Counter<'result'>
  private readonly targets: LabelledCounts

  constructor(metrics: ServiceMetrics, pending: () => number, lags: () => Iterable<SecondaryLag>) {
    const registers = [metrics.registry]
    this.results = new Counter({
      name: 'zonelog_edge_notify_total',
      help: 'NOTIFY messages sent, by whether they were acknowledged',
      labelNames: ['result'],
      registers,
    })
    for (const result of ['acknowledged', 'failed']) this.results.inc({ result }, 0)
    this.targets = new LabelledCounts(
      metrics,
      'zonelog_edge_secondary_notify_total',
      'NOTIFY messages by server (the busiest by name, the rest as other) and whether they were acknowledged',
      ['target', 'result'],
      MOST_TARGETS,
    )
    metrics.gauge(
      'zonelog_edge_notify_pending',
      'servers that have not acknowledged the newest serial',
      pending,
    )
    const labelNames = ['zone', 'target']
    const failures = new Gauge({
      name: 'zonelog_edge_secondary_failures',
      help: 'NOTIFY messages in a row that a secondary has not acknowledged; of the 500 that are worst off',
      labelNames,
      registers,
    })
    const behind: Gauge = new Gauge({
      name: 'zonelog_edge_secondary_behind_seconds',
      help: 'for how long a secondary has been at an older serial than the zone; of the 500 that are worst off',
      labelNames,
      registers,
      collect: () => {
        behind.reset()
        failures.reset()
        for (const { zone, target, ...lag } of lags()) {
          behind.set({ zone, target }, lag.behindSeconds)
          failures.set({ zone, target }, lag.failures)
        }
      },
    })
  }

  /** `target` as the zone names the server. */
  sent(target: string, exchange: ExchangeResult): void {
    const result = exchange === 'acknowledged' ? 'acknowledged' : 'failed'
    this.results.inc({ result })
    this.targets.add(target, result)
  }
}
