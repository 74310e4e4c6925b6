import { Counter, Histogram } from 'prom-client'
import { SECONDS_BUCKETS, ServiceMetrics } from '../../shared/metrics.ts'
import type { ReasonCode } from '../../shared/reasons.ts'

/** Counters of one edge. Labels take few values, whatever clients send. */
export class EdgeMetrics extends ServiceMetrics {
  private readonly updates = new Counter({
    name: 'zonelog_edge_updates_total',
    help: 'UPDATE messages answered, by rcode; silence where the outcome stayed unknown',
    labelNames: ['rcode', 'transport'],
    registers: [this.registry],
  })
  private readonly seconds = new Histogram({
    name: 'zonelog_edge_update_seconds',
    help: 'from receiving an UPDATE to answering it',
    buckets: SECONDS_BUCKETS,
    registers: [this.registry],
  })
  private readonly lag = new Histogram({
    name: 'zonelog_edge_event_lag_seconds',
    help: 'from deciding an update to applying its event here; for events that were missed, from noticing it',
    buckets: SECONDS_BUCKETS,
    registers: [this.registry],
  })
  private readonly resends = new Counter({
    name: 'zonelog_edge_resends_total',
    help: 'UPDATE messages recognised as sent before by the same client',
    registers: [this.registry],
  })
  private readonly refusals = new Counter({
    name: 'zonelog_edge_refusals_total',
    help: 'messages refused before they became commands, and transfers refused, by reason',
    labelNames: ['reason'],
    registers: [this.registry],
  })

  private readonly httpUpdates = new Counter({
    name: 'zonelog_edge_http_updates_total',
    help: 'HTTP update requests answered, by form and by what was said',
    labelNames: ['form', 'word'],
    registers: [this.registry],
  })

  constructor() {
    super('zonelog_edge', 'NATS')
  }

  update(rcode: string, transport: string, ms: number): void {
    this.updates.inc({ rcode, transport })
    this.seconds.observe(ms / 1_000)
  }

  httpUpdate(form: string, word: string): void {
    this.httpUpdates.inc({ form, word })
  }

  eventApplied(ms: number): void {
    this.lag.observe(ms / 1_000)
  }

  resend(): void {
    this.resends.inc()
  }

  refusal(reason: ReasonCode): void {
    this.refusals.inc({ reason })
  }
}
