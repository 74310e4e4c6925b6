import type { FastifyInstance, FastifyRequest } from 'fastify'
import { TRACEPARENT, type Tracing } from '../../../shared/tracing/tracing.ts'

/** A span for each request, in the trace of whoever sent a `traceparent`. Neither bodies nor headers: both may hold secrets. */
export function traceRequests(app: FastifyInstance, tracing: Pick<Tracing, 'request'>): void {
  const spans = new WeakMap<FastifyRequest, ReturnType<Tracing['request']>>()
  app.addHook('onRequest', async (request) => {
    const { traceparent } = request.headers
    const parent = typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : undefined
    spans.set(request, tracing.request(`${request.method} ${routeOf(request)}`, parent))
  })
  app.addHook('onResponse', async (request, { statusCode }) =>
    spans.get(request)?.end(
      {
        'http.request.method': request.method,
        'http.route': routeOf(request),
        'http.response.status_code': statusCode,
        'client.address': request.sender.address,
        'zonelog.identity': request.token === '' ? '' : `api:${request.token}`,
      },
      statusCode >= 500,
    ),
  )
}

/** With the names of its parameters instead of their values. */
function routeOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.url ?? ''
}
