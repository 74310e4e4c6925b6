import type { FastifyInstance } from 'fastify'
import { eventMessage } from '../../admin/event-message.ts'
import { zoneEvent, zoneEvents } from '../../admin/read-events.ts'
import { event as eventAnswer, eventMessageAnswer, eventPage } from '../answers/events.ts'
import type { ApiContext } from '../context.ts'
import { type EventQuery, eventFilterProperties, filterOf } from '../event-query.ts'
import { sendFailure } from '../problem.ts'
import { MAX_PAGE, nameSchema, zoneParams } from '../schemas.ts'

const number = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const

const pageQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: 100 },
    order: { type: 'string', enum: ['newest', 'oldest'], default: 'newest' },
    before: { ...number, description: 'With order=newest: `next` of the page before.' },
    after: { ...number, description: 'With order=oldest: `next` of the page before.' },
    ...eventFilterProperties,
  },
} as const

interface PageQuery extends EventQuery {
  limit: number
  order: 'newest' | 'oldest'
  before?: number
  after?: number
}

const eventParams = {
  type: 'object',
  required: ['name', 'seq'],
  properties: { name: nameSchema, seq: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } },
} as const

export function eventRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get<{ Params: { name: string }; Querystring: PageQuery }>(
    '/zones/:name/events',
    {
      schema: {
        operationId: 'listEvents',
        tags: ['history'],
        role: 'viewer',
        response: { 200: eventPage },
        problems: ['bad-name', 'zone-not-found', 'bad-filter', 'outside-history'],
        summary: 'History of a zone, newest first; all of it, or the events that match',
        params: zoneParams,
        querystring: pageQuery,
      },
    },
    async ({ params, query }, reply) => {
      const { limit, order, before, after } = query
      const filter = filterOf(query, admin.now())
      if (!filter.ok) return await sendFailure(reply, filter)
      const newestFirst = order === 'newest'
      const place = { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }
      const page = await zoneEvents(
        admin.db,
        params.name,
        { newestFirst, limit, ...place },
        filter.value,
        query,
      )
      return page.ok ? page.value : await sendFailure(reply, page)
    },
  )

  app.get<{ Params: { name: string; seq: number } }>(
    '/zones/:name/events/:seq/message',
    {
      schema: {
        operationId: 'getEventMessage',
        tags: ['history'],
        role: 'viewer',
        summary: 'The message of an event as it was received, section by section',
        params: eventParams,
        response: { 200: eventMessageAnswer },
        problems: ['bad-name', 'zone-not-found', 'event-not-found', 'no-message'],
      },
    },
    async ({ params }, reply) => {
      const message = await eventMessage(admin.db, params.name, params.seq)
      return message.ok ? message.value : await sendFailure(reply, message)
    },
  )

  app.get<{ Params: { name: string; seq: number } }>(
    '/zones/:name/events/:seq',
    {
      schema: {
        operationId: 'getEvent',
        tags: ['history'],
        role: 'viewer',
        response: { 200: eventAnswer },
        problems: ['bad-name', 'zone-not-found', 'event-not-found'],
        summary: 'One event, with all that it changed',
        params: eventParams,
      },
    },
    async ({ params }, reply) => {
      const event = await zoneEvent(admin.db, params.name, params.seq)
      return event.ok ? event.value : await sendFailure(reply, event)
    },
  )
}
