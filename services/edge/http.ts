import type { RequestListener } from 'node:http'
import fastify from 'fastify'
import { listenFault } from '../../shared/config/listen-fault.ts'
import type { Config } from '../../shared/config.ts'
import { answerProbe, readinessProbe } from '../../shared/health.ts'
import { METRICS_REFUSED, metricsRefusal } from '../../shared/http/metrics-access.ts'
import type { Service } from '../../shared/run-service.ts'
import type { EdgeHealth } from './health.ts'
import { type Guard, plainServer } from './http-updates/server/servers.ts'
import { pathOf } from './http-updates/server/target.ts'
import type { EdgeMetrics } from './metrics.ts'

/** What everything else than health and metrics goes to. */
export interface UpdatesBeside {
  readonly listener: RequestListener
  readonly guard: Guard
}

const OWN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz', '/metrics'])
/** Characters of a target of ours. */
const LONGEST_OWN = 1_024

/** The edge's HTTP address: health and metrics, and updates beside them once these are given. */
export async function startHttp(
  {
    edgeHttpListen: endpoint,
    metricsAccess,
    trustedProxies,
  }: Pick<Config, 'edgeHttpListen' | 'metricsAccess' | 'trustedProxies'>,
  metrics: EdgeMetrics,
  health: () => EdgeHealth,
  beside: () => UpdatesBeside | undefined,
): Promise<Service> {
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    // what is no HTTP is answered by the server that is made here
    clientErrorHandler: () => {},
    serverFactory: (own) =>
      plainServer(
        (request, response) => {
          const { url = '/' } = request
          const updates = beside()
          if (updates === undefined || OWN_PATHS.has(pathOf(url))) {
            // a long query is for nobody: probes have a word or two
            if (url.length > LONGEST_OWN) request.url = pathOf(url)
            own(request, response)
          } else updates.listener(request, response)
        },
        {
          onMalformed: (...malformed) => beside()?.guard.onMalformed(...malformed),
          onDropped: () => beside()?.guard.onDropped(),
          isProxy: (address) => beside()?.guard.isProxy(address) ?? false,
        },
      ),
  })
  app.get('/healthz', (_request, reply) => {
    const now = health()
    return reply.code(now.live ? 200 : 503).send(now)
  })
  app.get('/livez', (_request, reply) => {
    const { code, body } = answerProbe(health(), 'live')
    return reply.code(code).send(body)
  })
  app.get('/readyz', (request, reply) => {
    const { code, body } = answerProbe(health(), readinessProbe(request.query))
    return reply.code(code).send(body)
  })
  app.get('/metrics', async ({ raw }, reply) => {
    const refusal = metricsRefusal(raw, metricsAccess, trustedProxies)
    if (refusal === undefined)
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
    return reply
      .code(401)
      .header('www-authenticate', 'Bearer realm="zonelog"')
      .send({ code: `token-${refusal}`, detail: METRICS_REFUSED[refusal] })
  })
  try {
    await app.listen(endpoint)
  } catch (error) {
    throw listenFault("the edge's HTTP address", endpoint, 'ZONELOG_EDGE_HTTP_LISTEN', error)
  }
  return { close: () => app.close() }
}
