import { Counter, Gauge } from 'prom-client'
import type { ServiceMetrics } from '../../../shared/metrics.ts'
import type { ExchangeResult } from './exchange.ts'

/** How a secondary of a zone stands that this edge notifies. */
export interface SecondaryLag {
  readonly zone: string
  readonly target: string
  /** For how long the zone has been past what the secondary is known to have; 0 when it is not. */
  readonly behindSeconds: number
  readonly failures: number
}

/** Counters of NOTIFY, and the lag of each secondary that this edge notifies. */
export class NotifyMetrics {
  private readonly results: Counter<'result'>

  constructor(metrics: ServiceMetrics, pending: () => number, lags: () => Iterable<SecondaryLag>) {
    const registers = [metrics.registry]
    this.results = new Counter({
      name: 'zonelog_edge_notify_total',
      help: 'NOTIFY messages sent, by whether they were acknowledged',
      labelNames: ['result'],
      registers,
    })
    metrics.gauge(
      'zonelog_edge_notify_pending',
      'servers that have not acknowledged the newest serial',
      pending,
    )
    const labelNames = ['zone', 'target']
    const failures = new Gauge({
      name: 'zonelog_edge_secondary_failures',
      help: 'NOTIFY messages in a row that a secondary has not acknowledged',
      labelNames,
      registers,
    })
    const behind: Gauge = new Gauge({
      name: 'zonelog_edge_secondary_behind_seconds',
      help: 'for how long a secondary has been at an older serial than the zone',
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

  sent(result: ExchangeResult): void {
    this.results.inc({ result: result === 'acknowledged' ? 'acknowledged' : 'failed' })
  }
}
