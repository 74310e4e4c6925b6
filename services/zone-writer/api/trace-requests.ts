import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type RequestTrace, TRACEPARENT, type Tracing } from '../../../shared/tracing/tracing.ts'

const spans = new WeakMap<FastifyRequest, RequestTrace | undefined>()

/** A span for each request, in the trace of whoever sent a `traceparent`. Neither bodies nor headers: both may hold secrets. */
export function traceRequests(app: FastifyInstance, tracing: Pick<Tracing, 'request'>): void {
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

/** Sends a command as a step of the request's trace, in which the writer that decides it goes on. */
export async function inTraceOf<T>(
  request: FastifyRequest,
  send: (traceparent: string | undefined) => Promise<T>,
): Promise<T> {
  const publishing = spans.get(request)?.publishing()
  try {
    return await send(publishing?.traceparent)
  } finally {
    publishing?.end()
  }
}

/** With the names of its parameters instead of their values. */
function routeOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.url ?? ''
}
