import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { BreakerState } from '../../shared/breaker.ts'

const STATES: readonly BreakerState[] = ['closed', 'half-open', 'open']

/** Counters of one edge. Labels take few values, whatever clients send. */
export class EdgeMetrics {
  readonly registry = new Registry()
  private readonly updates = new Counter({
    name: 'zonelog_edge_updates_total',
    help: 'UPDATE messages answered, by rcode; silence where the outcome stayed unknown',
    labelNames: ['rcode', 'transport'],
    registers: [this.registry],
  })
  private readonly seconds = new Histogram({
    name: 'zonelog_edge_update_seconds',
    help: 'from receiving an UPDATE to answering it',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10],
    registers: [this.registry],
  })
  private readonly resends = new Counter({
    name: 'zonelog_edge_resends_total',
    help: 'UPDATE messages recognised as sent before by the same client',
    registers: [this.registry],
  })
  private readonly refusals = new Counter({
    name: 'zonelog_edge_refusals_total',
    help: 'UPDATE messages refused before they became commands, by reason',
    labelNames: ['reason'],
    registers: [this.registry],
  })
  private readonly breaker = new Gauge({
    name: 'zonelog_edge_breaker_state',
    help: 'circuit breaker towards NATS: 1 for the state it is in',
    labelNames: ['state'],
    registers: [this.registry],
  })

  constructor() {
    this.breakerState('closed')
  }

  update(rcode: string, transport: string, ms: number): void {
    this.updates.inc({ rcode, transport })
    this.seconds.observe(ms / 1_000)
  }

  resend(): void {
    this.resends.inc()
  }

  refusal(reason: string): void {
    this.refusals.inc({ reason })
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
