import type { FastifyInstance } from 'fastify'
import { zonesSeen } from '../../admin/access.ts'
import { listRefusals, type RefusalQuery } from '../../admin/read-refusals.ts'
import { refusalPage } from '../answers/events.ts'
import { accessOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { nameSchema, pageQuery } from '../schemas.ts'

const page = pageQuery(100)

const querystring = {
  ...page,
  properties: {
    ...page.properties,
    zone: { ...nameSchema, description: 'The zone that the message named.' },
    reason: { type: 'string', maxLength: 100 },
    auditId: { type: 'string', maxLength: 100, description: 'What the client was told: the ref.' },
    source: { type: 'string', maxLength: 100 },
    since: {
      type: 'string',
      maxLength: 40,
      description: 'A time such as 2026-11-25T10:00Z, or how long ago: 2h.',
    },
  },
} as const

export function refusalRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get<{ Querystring: RefusalQuery & { limit: number } }>(
    '/refusals',
    {
      schema: {
        operationId: 'listRefusals',
        forLimited: true,
        tags: ['history'],
        role: 'viewer',
        response: { 200: refusalPage },
        problems: ['bad-name', 'bad-point', 'bad-reason'],
        summary: 'Messages that edges refused before they were commands, newest first',
        querystring,
      },
    },
    async (request, reply) => {
      const { limit, ...query } = request.query
      const seen = zonesSeen(accessOf(request))
      const refusals = await listRefusals(admin.db, limit, query, admin.now(), seen)
      return refusals.ok ? refusals.value : await sendFailure(reply, refusals)
    },
  )
}
