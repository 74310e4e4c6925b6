import type { FastifyInstance } from 'fastify'
import { answerProbe, readinessProbe } from '../../../../shared/health.ts'
import type { Peer } from '../../../../shared/messaging/presence.ts'
import { zonesSeen } from '../../admin/access.ts'
import type { WriterHealth } from '../../health.ts'
import { countAll } from '../../store/admin-zones.ts'
import { status as statusAnswer } from '../answers/system.ts'
import { accessOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'

export interface StatusJson {
  readonly zones: number
  readonly events: number
  /** Undefined when NATS could not be asked. */
  readonly writers?: readonly Peer[]
  readonly edges?: readonly Peer[]
  /** Of the writer that answers. */
  readonly health: WriterHealth
}

export function statusRoutes(app: FastifyInstance, { admin, health, peers }: ApiContext): void {
  app.get(
    '/status',
    {
      schema: {
        operationId: 'getStatus',
        forLimited: true,
        tags: ['system'],
        role: 'viewer',
        response: { 200: statusAnswer },
        summary: 'What runs, and how it is',
      },
    },
    async (request): Promise<StatusJson> => {
      const counts = await countAll(admin.db, zonesSeen(accessOf(request)))
      const known = await peers().catch(() => undefined)
      return {
        ...counts,
        ...(known && {
          writers: known.filter((peer) => peer.role === 'writer'),
          edges: known.filter((peer) => peer.role === 'edge'),
        }),
        health: await health(),
      }
    },
  )
}

/** Without a token: probes and scrapers use these. */
export function healthRoutes(app: FastifyInstance, { registry, health }: ApiContext): void {
  app.get('/healthz', async (_request, reply) => {
    const now = await health()
    return await reply.code(now.live ? 200 : 503).send(now)
  })
  app.get('/livez', async (_request, reply) => {
    const { code, body } = answerProbe(await health(), 'live')
    return await reply.code(code).send(body)
  })
  app.get('/readyz', async (request, reply) => {
    const { code, body } = answerProbe(await health(), readinessProbe(request.query))
    return await reply.code(code).send(body)
  })
  app.get(
    '/metrics',
    async (_request, reply) => await reply.type(registry.contentType).send(await registry.metrics()),
  )
}
