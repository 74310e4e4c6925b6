import type { FastifyInstance } from 'fastify'
import { listRefusals } from '../../admin/read-refusals.ts'
import type { ApiContext } from '../context.ts'
import { type PageQuery, pageQuery } from '../schemas.ts'

export function refusalRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get<{ Querystring: PageQuery }>(
    '/refusals',
    {
      schema: {
        summary: 'Messages that edges refused before they were commands, newest first',
        querystring: pageQuery(100),
      },
    },
    async ({ query }) => await listRefusals(admin.db, query.limit, query.before),
  )
}
