import type { RequestListener } from 'node:http'
import fastify from 'fastify'
import type { BreakerState } from '../../shared/breaker.ts'
import { listenFault } from '../../shared/config/listen-fault.ts'
import type { Endpoint } from '../../shared/config/read.ts'
import type { EdgeLag } from '../../shared/messaging/presence.ts'
import type { Service } from '../../shared/run-service.ts'
import { type OnMalformed, plainServer } from './http-updates/server/servers.ts'
import { readTarget } from './http-updates/server/target.ts'
import type { EdgeMetrics } from './metrics.ts'

export interface EdgeHealth {
  /** `degraded`: queries are answered, updates are not taken or zones may be old. */
  readonly status: 'ok' | 'degraded'
  /** False when only a restart can help. */
  readonly live: boolean
  /** Whether queries are answered, and the zones held that are to be held from the start. */
  readonly ready: boolean
  /** Whether updates are taken now. */
  readonly accepting: boolean
  readonly nats: { readonly connected: boolean; readonly breaker: BreakerState }
  readonly zones: {
    readonly known: number
    readonly held: number
    readonly behind: number
    /** Not served: unconfirmed for longer than their SOA allows. */
    readonly expired: number
    /** Not served: larger than the memory budget. */
    readonly tooLarge: number
  }
  readonly lag: EdgeLag
  readonly updatesInFlight: number
}

/** What everything else than health and metrics goes to. */
export interface UpdatesBeside {
  readonly listener: RequestListener
  readonly onMalformed: OnMalformed
}

const OWN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

/** The edge's HTTP address: health and metrics, and updates beside them where these are given. */
export async function startHttp(
  endpoint: Endpoint,
  metrics: EdgeMetrics,
  health: () => EdgeHealth,
  updates: UpdatesBeside | undefined,
): Promise<Service> {
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    serverFactory: (own) =>
      plainServer(
        (request, response) =>
          updates === undefined || OWN_PATHS.has(readTarget(request.url ?? '/').path)
            ? own(request, response)
            : updates.listener(request, response),
        updates?.onMalformed ?? (() => {}),
      ),
  })
  app.get('/healthz', (_request, reply) => {
    const now = health()
    return reply.code(now.live ? 200 : 503).send(now)
  })
  app.get('/readyz', (_request, reply) => {
    const now = health()
    return reply.code(now.ready ? 200 : 503).send(now)
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  )
  try {
    await app.listen(endpoint)
  } catch (error) {
    throw listenFault("the edge's HTTP address", endpoint, 'ZONELOG_EDGE_HTTP_LISTEN', error)
  }
  return { close: () => app.close() }
}
