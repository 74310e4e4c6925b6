import { Counter } from 'prom-client'
import type { ServiceMetrics } from '../../../shared/metrics.ts'
import type { CondensedRoom } from './condensed-room.ts'
import type { Slots } from './slots.ts'

/** What was sent: `up-to-date` is an SOA alone, the three forms of IXFR are told apart by how the changes were sent. */
export type TransferForm =
  | 'axfr'
  | 'ixfr-changes'
  | 'ixfr-condensed'
  | 'ixfr-whole'
  | 'up-to-date'
  | 'use-tcp'

/** Counters of transfers to secondaries. */
export class TransferMetrics {
  private readonly transfers: Counter<'form' | 'outcome'>
  private readonly octets: Counter
  private readonly refusals: Counter<'reason'>

  constructor(metrics: ServiceMetrics, slots: Slots, room: CondensedRoom) {
    const registers = [metrics.registry]
    this.transfers = new Counter({
      name: 'zonelog_edge_transfers_total',
      help: 'transfers by form; cut are those whose client went or was too slow',
      labelNames: ['form', 'outcome'],
      registers,
    })
    this.octets = new Counter({
      name: 'zonelog_edge_transfer_octets_total',
      help: 'octets of messages of transfers',
      registers,
    })
    this.refusals = new Counter({
      name: 'zonelog_edge_transfer_refusals_total',
      help: 'transfers that were not made, by reason',
      labelNames: ['reason'],
      registers,
    })
    metrics.gauge(
      'zonelog_edge_transfers_condensed_octets',
      'octets of condensed differences that are being made, or kept while clients take them',
      () => room.octets,
    )
    metrics.gauge('zonelog_edge_transfers_running', 'transfers under way', () => slots.running)
    metrics.gauge('zonelog_edge_transfers_waiting', 'transfers that wait for their turn', () => slots.waiting)
  }

  ended(form: TransferForm, isComplete: boolean): void {
    this.transfers.inc({ form, outcome: isComplete ? 'complete' : 'cut' })
  }

  sent(octets: number): void {
    this.octets.inc(octets)
  }

  refused(reason: string): void {
    this.refusals.inc({ reason })
  }
}
