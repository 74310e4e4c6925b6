import { Counter, Histogram } from 'prom-client'
import { rcodeToText } from '../../shared/dns/codes.ts'
import type { Durations } from '../../shared/metrics/durations.ts'
import { SECONDS_BUCKETS, ServiceMetrics } from '../../shared/metrics/service-metrics.ts'
import { UpdateCounts } from '../../shared/metrics/update-counts.ts'
import { REASONS } from '../../shared/reasons.ts'
import type { CommittedBatch } from './batch/commit-batch.ts'
import type { BatchResult, QueuedCommand } from './batch/decide-batch.ts'
import type { LeaseClock } from './leases/lease-clock.ts'

/** The steps of an update at a writer: what comes before and after them is the edge's. */
const WRITER_STAGES = ['queue', 'decide', 'commit', 'publish-back'] as const

/** Counters of one writer. */
export class WriterMetrics extends ServiceMetrics {
  private readonly stages: Readonly<Record<(typeof WRITER_STAGES)[number], Durations>> = this.durationsBy(
    'zonelog_writer_stage_seconds',
    'what an update takes at the writer: queue (in the stream, for each update), and for each batch: decide, commit (locks, reads, the transaction) and publish-back (until the stream of events has it)',
    'stage',
    WRITER_STAGES,
  )
  private readonly events = new Counter({
    name: 'zonelog_writer_events_total',
    help: 'commands decided, by rcode and reason',
    labelNames: ['rcode', 'reason'],
    registers: [this.registry],
  })
  private readonly updates: UpdateCounts
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
  private readonly seconds = this.durations(
    'zonelog_writer_commit_seconds',
    'from taking a batch to its commit',
    SECONDS_BUCKETS,
  )

  /** So many zones are told apart by name. */
  constructor(mostZones = 50) {
    super('zonelog_writer', 'Postgres')
    this.updates = new UpdateCounts(
      this,
      'zonelog_writer_updates_total',
      'commands decided, by zone (the busiest by name), transport, rcode and reason',
      mostZones,
    )
    // alerts see the first one only if there was a 0 before
    for (const [reason, { where, rcode }] of Object.entries(REASONS))
      if (where.includes('writer'))
        for (const one of rcode === 'silence' ? ['SERVFAIL'] : rcode.split(', '))
          this.events.inc({ rcode: one, reason }, 0)
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

  /** `takenAt` is when the batch was taken, in ms since the epoch; `ms` what it took from then to its commit. */
  committed(queue: readonly QueuedCommand[], result: CommittedBatch, takenAt: number, ms: number): void {
    const { events, outcomes, repeats, decided } = result
    const decideMs = decided.to - decided.from
    for (const { queuedAt } of queue) this.stages.queue.observe(takenAt - queuedAt)
    this.stages.decide.observe(decideMs)
    this.stages.commit.observe(ms - decideMs)
    this.count(queue, events)
    this.repeats.inc(repeats)
    this.batch.observe(outcomes.length)
    this.seconds.observe(ms)
  }

  published(ms: number): void {
    this.stages['publish-back'].observe(ms)
  }

  private count(queue: readonly QueuedCommand[], events: BatchResult['events']): void {
    let at = 0
    // events stand in the order of their commands, some of which have none
    for (const { transport, commandId, rcode: code, reason } of events) {
      while (queue[at]!.command.id !== commandId) at++
      const rcode = rcodeToText(code)
      this.events.inc({ rcode, reason })
      this.updates.add(queue[at]!.command.zone, transport, rcode, reason)
    }
  }
}
