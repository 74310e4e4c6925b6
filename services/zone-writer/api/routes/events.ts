import type { FastifyInstance } from 'fastify'
import { zoneEvent, zoneEvents } from '../../admin/read-events.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { nameSchema, type PageQuery, pageQuery, zoneParams } from '../schemas.ts'

const eventParams = {
  type: 'object',
  required: ['name', 'seq'],
  properties: { name: nameSchema, seq: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } },
} as const

export function eventRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get<{ Params: { name: string }; Querystring: PageQuery }>(
    '/zones/:name/events',
    {
      schema: { summary: 'History of a zone, newest first', params: zoneParams, querystring: pageQuery(100) },
    },
    async ({ params, query }, reply) => {
      const page = await zoneEvents(admin.db, params.name, query.limit, query.before)
      return page.ok ? page.value : await sendFailure(reply, page)
    },
  )

  app.get<{ Params: { name: string; seq: number } }>(
    '/zones/:name/events/:seq',
    { schema: { summary: 'One event, with all that it changed', params: eventParams } },
    async ({ params }, reply) => {
      const event = await zoneEvent(admin.db, params.name, params.seq)
      return event.ok ? event.value : await sendFailure(reply, event)
    },
  )
}
