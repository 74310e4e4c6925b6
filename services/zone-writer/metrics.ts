import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { BreakerState } from '../../shared/breaker.ts'
import { rcodeToText } from '../../shared/dns/codes.ts'
import type { BatchResult } from './batch/decide-batch.ts'

const STATES: readonly BreakerState[] = ['closed', 'half-open', 'open']

/** Counters of one writer. */
export class WriterMetrics {
  readonly registry = new Registry()
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
    buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10],
    registers: [this.registry],
  })
  private readonly breaker = new Gauge({
    name: 'zonelog_writer_breaker_state',
    help: 'circuit breaker towards Postgres: 1 for the state it is in',
    labelNames: ['state'],
    registers: [this.registry],
  })

  constructor() {
    this.breakerState('closed')
  }

  committed({ events, outcomes, repeats }: BatchResult, ms: number): void {
    for (const { rcode, reason } of events) this.events.inc({ rcode: rcodeToText(rcode), reason })
    this.repeats.inc(repeats)
    this.batch.observe(outcomes.length)
    this.seconds.observe(ms / 1_000)
  }

  breakerState(now: BreakerState): void {
    for (const state of STATES) this.breaker.set({ state }, state === now ? 1 : 0)
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
