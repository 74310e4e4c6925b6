import { rcodeToText } from '../../../shared/dns/codes.ts'
import type { ServiceMetrics } from '../../../shared/metrics/service-metrics.ts'
import type { Responder } from './responder.ts'

/** Puts the counts of answers on /metrics. */
export function describeAnswers(metrics: ServiceMetrics, responder: Responder): void {
  const { counters } = responder
  metrics.counters('zonelog_edge_queries_total', 'queries answered', ['transport', 'rcode'], () =>
    (['udp', 'tcp'] as const).flatMap((transport) =>
      [...counters[transport].entries()]
        .filter(([, count]) => count > 0)
        .map(([rcode, count]) => ({ labels: { transport, rcode: rcodeToText(rcode) }, count })),
    ),
  )
  metrics.counters('zonelog_edge_cookies_total', 'COOKIE options received', ['verdict'], () =>
    Object.entries(counters.cookies)
      .filter(([verdict]) => verdict !== 'none')
      .map(([verdict, count]) => ({ labels: { verdict }, count })),
  )
  metrics.counters(
    'zonelog_edge_rate_limited_total',
    'answers that rate limiting dropped or sent truncated',
    ['action'],
    () => [
      { labels: { action: 'drop' }, count: counters.rateDropped },
      { labels: { action: 'slip' }, count: counters.rateSlipped },
    ],
  )
  metrics.counter('zonelog_edge_truncated_total', 'answers with TC', () => counters.truncated)
  metrics.counter(
    'zonelog_edge_remembered_answers_total',
    'answers that did not have to be made, since the same question had been answered from the same state',
    () => responder.remembered,
  )
}
