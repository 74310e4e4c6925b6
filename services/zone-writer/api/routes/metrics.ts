import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { METRICS_REFUSED, metricsRefusal } from '../../../../shared/http/metrics-access.ts'
import { allZonesLack } from '../authorise.ts'
import { admit, type Gate } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { type Problem, problem, problemOf, sendProblem } from '../problem.ts'

type MetricsContext = Pick<ApiContext, 'registry' | 'metricsAccess' | 'proxies'>

/** Metrics hold names of zones and keys: see who-asks.ts for who reads them. Beside these, whoever has a token for all zones. */
export function metricsRoutes(
  app: FastifyInstance,
  { registry, metricsAccess, proxies }: MetricsContext,
  gate: Gate,
): void {
  app.get('/metrics', async (request, reply) => {
    const refusal = metricsRefusal(request.raw, metricsAccess, proxies)
    const lack =
      refusal === undefined
        ? undefined
        : refusal === 'missing'
          ? withoutToken(reply)
          : await tokenLack(gate, request, reply)
    if (lack !== undefined) return await sendProblem(reply, lack)
    return await reply.type(registry.contentType).send(await registry.metrics())
  })
}

function withoutToken(reply: FastifyReply): Problem {
  reply.header('www-authenticate', 'Bearer realm="zonelog"')
  return problem(401, 'token-missing', METRICS_REFUSED.missing)
}

async function tokenLack(
  gate: Gate,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Problem | undefined> {
  const access = await admit(gate, request, reply)
  if ('status' in access) return access
  const lack = allZonesLack(access)
  return lack === undefined ? undefined : problemOf(lack)
}
