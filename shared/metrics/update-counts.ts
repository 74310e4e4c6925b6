import { REASONS } from '../reasons.ts'
import { BusiestCounts } from './busiest-counts.ts'
import { OTHER } from './labelled-counts.ts'
import type { ServiceMetrics } from './service-metrics.ts'

/** Where no writer's or edge's reason is known: the outcome was not heard of in time. */
export const NO_OUTCOME = 'no-outcome'
/** Messages that name no zone of ours. */
export const NO_ZONE = 'none'

export const UPDATE_LABELS = ['zone', 'transport', 'rcode', 'reason'] as const
type Kind = Readonly<Record<'transport' | 'rcode' | 'reason', string>>

/**
 * Updates by zone, transport, rcode and reason. The busiest zones have their names (with the final dot, so that none is called as what
 * stands for the others), the rest is `other`.
 */
export class UpdateCounts {
  private readonly busiest: BusiestCounts
  private readonly kinds: Kind[] = []
  private readonly ids = new Map<string, Map<string, Map<string, number>>>()

  constructor(metrics: ServiceMetrics, name: string, help: string, mostZones: number) {
    this.busiest = new BusiestCounts(mostZones)
    metrics.counters(name, help, [...UPDATE_LABELS], () => this.read())
  }

  add(zone: string, transport: string, rcode: string, reason: string): void {
    this.busiest.add(
      zone,
      this.ids.get(transport)?.get(reason)?.get(rcode) ?? this.newKind(transport, rcode, reason),
    )
  }

  private *read() {
    for (const { name, kind, count } of this.busiest.entries())
      yield { labels: { zone: name ?? OTHER, ...this.kinds[kind]! }, count }
  }

  /** A newer writer may have reasons that this program does not know; clients cannot make any. */
  private newKind(transport: string, rcode: string, reason: string): number {
    const known = reason === NO_OUTCOME || Object.hasOwn(REASONS, reason) ? reason : OTHER
    const byReason = this.ids.get(transport) ?? new Map<string, Map<string, number>>()
    const byRcode = byReason.get(known) ?? new Map<string, number>()
    const id = byRcode.get(rcode) ?? this.kinds.push({ transport, rcode, reason: known }) - 1
    this.ids.set(transport, byReason.set(known, byRcode.set(rcode, id)))
    return id
  }
}
