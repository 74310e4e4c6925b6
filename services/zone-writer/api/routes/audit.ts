import type { FastifyInstance } from 'fastify'
import { zonesSeen } from '../../admin/access.ts'
import { type AuditQuery, listAudit } from '../../admin/audit.ts'
import { AUDIT_SUBJECTS } from '../../store/audit.ts'
import { auditPage } from '../answers/access.ts'
import { accessOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { pageQuery } from '../schemas.ts'

const page = pageQuery(100)

const querystring = {
  ...page,
  properties: {
    ...page.properties,
    by: { type: 'string', maxLength: 100, description: 'Name of a token, or api:NAME.' },
    subject: { type: 'string', enum: AUDIT_SUBJECTS },
    name: { type: 'string', maxLength: 1_020, description: 'Of a zone, a key or a token.' },
    since: { type: 'string', maxLength: 40, description: 'A time, or how long ago: 2h.' },
  },
} as const

export function auditRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get<{ Querystring: AuditQuery & { limit: number } }>(
    '/audit',
    {
      schema: {
        operationId: 'listAudit',
        tags: ['access'],
        role: 'viewer',
        forLimited: true,
        summary: 'Who changed zones, rules, keys and tokens by the API, newest first',
        description:
          'Updates of clients are not here: they are events of their zones. A token for some zones sees what was done to these.',
        querystring,
        response: { 200: auditPage },
        problems: ['bad-filter'],
      },
    },
    async (request, reply) => {
      const { limit, ...query } = request.query
      const seen = zonesSeen(accessOf(request))
      const entries = await listAudit(admin.db, limit, query, seen, admin.now())
      return entries.ok ? entries.value : await sendFailure(reply, entries)
    },
  )
}
