import type { FastifyInstance } from 'fastify'
import { eventWithId } from '../../admin/event-with-id.ts'
import { explainEvent } from '../../admin/rules/explain-event.ts'
import { explainUpdate } from '../../admin/rules/explain-update.ts'
import { type WhoCouldQuery, whoCould } from '../../admin/rules/who-could.ts'
import type { AskedUpdate } from '../../explain/asked-update.ts'
import { eventPlace } from '../answers/events.ts'
import { explainedEvent, explainedUpdate, whoCouldAnswer } from '../answers/rules.ts'
import { accessOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { nameSchema, zoneParams } from '../schemas.ts'
import { Turns, whenGone } from '../turns.ts'

const askedUpdate = {
  type: 'object',
  required: ['from', 'name'],
  additionalProperties: false,
  properties: {
    key: { ...nameSchema, description: 'The TSIG key that signs; unsigned without.' },
    from: { type: 'string', maxLength: 100, description: 'The address that it comes from.' },
    name: { ...nameSchema, description: 'Relative to the zone without a final dot.' },
    type: { type: 'string', maxLength: 20 },
    value: { type: 'string', maxLength: 70_000, description: 'RDATA as in a zone file.' },
    delete: { type: 'boolean', description: 'Without type: all there is at the name.' },
    transport: { type: 'string', enum: ['udp', 'tcp'] },
  },
} as const

const { name: ownerName, type, delete: isDeletion } = askedUpdate.properties

const whoCouldBody = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: ownerName,
    type,
    delete: isDeletion,
    limit: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
    skip: {
      type: 'integer',
      minimum: 0,
      maximum: 1_000_000,
      default: 0,
      description: '`next` of the page before.',
    },
  },
} as const

const eventParams = {
  type: 'object',
  required: ['name', 'seq'],
  properties: { name: nameSchema, seq: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } },
} as const

const idParams = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', maxLength: 100 } },
} as const

/** Why: of an update that somebody might send, and of one that was sent. */
export function explainRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  // each asks of all keys
  const turns = new Turns({ most: 2 })

  app.post<{ Params: { name: string }; Body: AskedUpdate }>(
    '/zones/:name/rules/explain',
    {
      schema: {
        operationId: 'explainUpdate',
        example: { key: 'laptop', from: '192.0.2.7', name: 'www', type: 'A', value: '192.0.2.1' },
        tags: ['rules'],
        role: 'viewer',
        response: { 200: explainedUpdate },
        problems: ['bad-name', 'zone-not-found', 'bad-update'],
        summary: 'What the rules say of an update, rule by rule',
        params: zoneParams,
        body: askedUpdate,
      },
    },
    async ({ params, body }, reply) => {
      const explained = await explainUpdate(admin.db, params.name, body, admin.now())
      return explained.ok ? explained.value : await sendFailure(reply, explained)
    },
  )

  app.post<{ Params: { name: string }; Body: WhoCouldQuery }>(
    '/zones/:name/rules/who-could',
    {
      schema: {
        operationId: 'whoCould',
        example: { name: 'www', type: 'A' },
        tags: ['rules'],
        role: 'viewer',
        response: { 200: whoCouldAnswer },
        problems: ['bad-name', 'zone-not-found', 'bad-update'],
        summary: 'Who could change a name: what the rules say of each identity that they mean',
        description:
          'A range is asked about by its first address, and everybody over TCP. A token for all zones hears of each key that a wildcard covers as well.',
        params: zoneParams,
        body: whoCouldBody,
      },
    },
    async (request, reply) => {
      const { params, body } = request
      const endTurn = await turns.takeFor(reply)
      try {
        const found = await whoCould(admin.db, params.name, body, accessOf(request), whenGone(reply))
        return found.ok ? found.value : await sendFailure(reply, found)
      } finally {
        endTurn()
      }
    },
  )

  app.get<{ Params: { id: string } }>(
    '/events/:id',
    {
      schema: {
        operationId: 'findEvent',
        forLimited: true,
        tags: ['history'],
        role: 'viewer',
        response: { 200: eventPlace },
        problems: ['event-not-found'],
        summary: 'Where the event with this eventId stands',
        params: idParams,
      },
    },
    async (request, reply) => {
      const place = await eventWithId(admin.db, request.params.id, accessOf(request))
      return place.ok ? place.value : await sendFailure(reply, place)
    },
  )

  app.get<{ Params: { name: string; seq: number } }>(
    '/zones/:name/events/:seq/explanation',
    {
      schema: {
        operationId: 'explainEvent',
        tags: ['rules'],
        role: 'viewer',
        response: { 200: explainedEvent },
        problems: [
          'bad-name',
          'zone-not-found',
          'event-not-found',
          'not-explained',
          'history-behind',
          'outside-history',
        ],
        summary: 'Why an update got its outcome, and what would become of it now',
        params: eventParams,
      },
    },
    async ({ params }, reply) => {
      const explained = await explainEvent(admin.db, params.name, params.seq)
      return explained.ok ? explained.value : await sendFailure(reply, explained)
    },
  )
}
