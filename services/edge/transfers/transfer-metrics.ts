import { Counter } from 'prom-client'
import { LabelledCounts } from '../../../shared/metrics/labelled-counts.ts'
import type { ServiceMetrics } from '../../../shared/metrics/service-metrics.ts'
import { REASONS } from '../../../shared/reasons.ts'
import type { CondensedRoom } from './condensed-room.ts'
import type { Slots } from './slots.ts'

/** What was sent: `up-to-date` is an SOA alone, the three forms of IXFR are told apart by how the changes were sent. */
export type TransferForm = (typeof FORMS)[number]
const FORMS = ['axfr', 'ixfr-changes', 'ixfr-condensed', 'ixfr-whole', 'up-to-date', 'use-tcp'] as const

/** Addresses that are told apart. */
const MOST_CLIENTS = 100

/** Counters of transfers to secondaries. */
export class TransferMetrics {
  private readonly transfers: Counter<'form' | 'outcome'>
  private readonly octets: Counter
  private readonly refusals: Counter<'reason'>
  private readonly clients: LabelledCounts

  constructor(metrics: ServiceMetrics, slots: Slots, room: CondensedRoom) {
    const registers = [metrics.registry]
    this.transfers = new Counter({
      name: 'zonelog_edge_transfers_total',
      help: 'transfers by form; cut are those whose client went or was too slow',
      labelNames: ['form', 'outcome'],
      registers,
    })
    for (const form of FORMS)
      for (const outcome of ['complete', 'cut']) this.transfers.inc({ form, outcome }, 0)
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
    for (const reason of Object.keys(REASONS))
      if (reason.startsWith('transfer-')) this.refusals.inc({ reason }, 0)
    this.clients = new LabelledCounts(
      metrics,
      'zonelog_edge_secondary_transfers_total',
      'transfers by the address that asked for them (the busiest by address, the rest as other) and outcome',
      ['client', 'outcome'],
      MOST_CLIENTS,
    )
    metrics.gauge(
      'zonelog_edge_transfers_condensed_octets',
      'octets of condensed differences that are being made, or kept while clients take them',
      () => room.octets,
    )
    metrics.gauge('zonelog_edge_transfers_running', 'transfers under way', () => slots.running)
    metrics.gauge('zonelog_edge_transfers_waiting', 'transfers that wait for their turn', () => slots.waiting)
  }

  /** `client` is its address. */
  ended(form: TransferForm, isComplete: boolean, client: string): void {
    const outcome = isComplete ? 'complete' : 'cut'
    this.transfers.inc({ form, outcome })
    this.clients.add(client, outcome)
  }

  sent(octets: number): void {
    this.octets.inc(octets)
  }

  refused(reason: string, client: string): void {
    this.refusals.inc({ reason })
    this.clients.add(client, 'refused')
  }
}
