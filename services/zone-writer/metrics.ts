import { Counter, Histogram } from 'prom-client'
import { rcodeToText } from '../../shared/dns/codes.ts'
import { SECONDS_BUCKETS, ServiceMetrics } from '../../shared/metrics.ts'
import type { BatchResult } from './batch/decide-batch.ts'
import type { LeaseClock } from './leases/lease-clock.ts'

/** Counters of one writer. */
export class WriterMetrics extends ServiceMetrics {
  private readonly events = new Counter({
    name: 'zonelog_writer_events_total',
    help: 'commands decided, by rcode and reason',
    labelNames: ['rcode', 'reason'],
    registers: [this.registry],
  })
  private readonly repeats = new Counter({
    name: 'zonelog_writer_repeats_total',
    help: 'redeliveries and re-sends answered from history',
    registers: [this.registry],
  })
  private readonly batch = new Histogram({
    name: 'zonelog_writer_batch_commands',
    help: 'commands that shared one commit',
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500],
    registers: [this.registry],
  })
  private readonly seconds = new Histogram({
    name: 'zonelog_writer_commit_seconds',
    help: 'from taking a batch to its commit',
    buckets: SECONDS_BUCKETS,
    registers: [this.registry],
  })

  constructor() {
    super('zonelog_writer', 'Postgres')
  }

  leases(clock: Pick<LeaseClock, 'leases' | 'expired'>): void {
    this.gauge(
      'zonelog_writer_leases',
      "leased values of this writer's zones that are removed unless they are refreshed",
      () => clock.leases.running,
    )
    this.gauge(
      'zonelog_writer_leases_held',
      "leased values of this writer's zones that somebody holds",
      () => clock.leases.held,
    )
    this.counter(
      'zonelog_writer_leases_expired_total',
      'values that this writer removed because their lease was over',
      () => clock.expired,
    )
  }

  committed({ events, outcomes, repeats }: BatchResult, ms: number): void {
    for (const { rcode, reason } of events) this.events.inc({ rcode: rcodeToText(rcode), reason })
    this.repeats.inc(repeats)
    this.batch.observe(outcomes.length)
    this.seconds.observe(ms / 1_000)
  }
}
