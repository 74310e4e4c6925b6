import { Counter } from 'prom-client'
import type { Durations } from '../../shared/metrics/durations.ts'
import { SECONDS_BUCKETS, ServiceMetrics } from '../../shared/metrics/service-metrics.ts'
import { NO_ZONE, UpdateCounts } from '../../shared/metrics/update-counts.ts'
import { REASONS, type ReasonCode } from '../../shared/reasons.ts'

/** The steps of an update at an edge; those between `publish` and `visible` are the writer's. */
export const EDGE_STAGES = ['receive', 'verify', 'publish', 'visible'] as const
export type EdgeStages = Readonly<Record<(typeof EDGE_STAGES)[number], Durations>>

/** Counters of one edge. Labels take few values, whatever clients send. */
export class EdgeMetrics extends ServiceMetrics {
  /** To be fed with what each step of an update took, in ms. */
  readonly stages: EdgeStages = this.durationsBy(
    'zonelog_edge_stage_seconds',
    'what an update takes at the edge: receive (reading the message), verify (its signature), publish (until the stream has it), visible (from hearing the outcome until queries are answered from it)',
    'stage',
    EDGE_STAGES,
  )
  private readonly updates: UpdateCounts
  private readonly seconds = this.durations(
    'zonelog_edge_update_seconds',
    'from receiving an UPDATE to answering it',
    SECONDS_BUCKETS,
  )
  private readonly lag = this.durations(
    'zonelog_edge_event_lag_seconds',
    'from deciding an update to applying its event here; for events that were missed, from noticing it',
    SECONDS_BUCKETS,
  )
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

  /** So many zones are told apart by name. */
  constructor(mostZones = 50) {
    super('zonelog_edge', 'NATS')
    this.updates = new UpdateCounts(
      this,
      'zonelog_edge_updates_total',
      'UPDATE messages answered, by zone (the busiest by name), transport, rcode and reason; rcode silence where no answer was given',
      mostZones,
    )
    // alerts see the first one only if there was a 0 before
    for (const [reason, { where }] of Object.entries(REASONS))
      if (where.includes('edge')) this.refusals.inc({ reason }, 0)
  }

  /** `zone` is the name of one of the catalog, or {@link NO_ZONE}; `ms` since the message came in. */
  update(zone: string, transport: string, rcode: string, reason: string, ms: number): void {
    this.updates.add(zone, transport, rcode, reason)
    this.seconds.observe(ms)
  }

  /** Before anything of its zone was looked at. */
  updateRefused(transport: string, rcode: string, reason: ReasonCode): void {
    this.updates.add(NO_ZONE, transport, rcode, reason)
  }

  httpUpdate(form: string, word: string): void {
    this.httpUpdates.inc({ form, word })
  }

  eventApplied(ms: number): void {
    this.lag.observe(ms)
  }

  resend(): void {
    this.resends.inc()
  }

  refusal(reason: ReasonCode): void {
    this.refusals.inc({ reason })
  }
}
