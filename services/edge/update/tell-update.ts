import type { Identity } from '../../../shared/commands.ts'
import { rcodeToText } from '../../../shared/dns/codes.ts'
import { NO_OUTCOME } from '../../../shared/metrics/update-counts.ts'
import type { UpdateTrace } from '../../../shared/tracing/tracing.ts'
import type { EdgeMetrics } from '../metrics.ts'
import type { Settled } from './resends.ts'

/** An update that has come to its end at this edge. */
export interface EndedUpdate {
  /** Of the catalog, or that there was none. */
  readonly zone: string
  readonly identity: Identity
  readonly address: string
  readonly transport: string
  /** When it came in, by `performance.now()`. */
  readonly began: number
}

/** Counts it, and ends its trace. */
export function tellUpdate(
  settled: Settled | undefined,
  { zone, identity, address, transport, began }: EndedUpdate,
  metrics: Pick<EdgeMetrics, 'update'>,
  trace: UpdateTrace | undefined,
): void {
  const rcode = settled === undefined ? 'silence' : rcodeToText(settled.rcode)
  const reason = settled?.reason ?? NO_OUTCOME
  metrics.update(zone, transport, rcode, reason, performance.now() - began)
  trace?.end({
    'zonelog.zone': zone,
    'zonelog.event': settled?.reference ?? '',
    'zonelog.identity': identity,
    'zonelog.reason': reason,
    'dns.response_code': rcode,
    'client.address': address,
    'network.transport': transport,
  })
}
