import type { FastifyInstance } from 'fastify'
import { failure } from '../../admin/failure.ts'
import { zoneNamed } from '../../admin/names.ts'
import { restoreZone } from '../../admin/restore-zone.ts'
import { restoredZone } from '../answers/events.ts'
import { identityOf, sourceOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { type PointQuery, pointOf, pointProperties } from '../history-point.ts'
import { sendFailure } from '../problem.ts'
import { nameSchema, zoneParams } from '../schemas.ts'
import { Turns } from '../turns.ts'

/** What restoring and undoing have in common. */
export const changeProperties = {
  dryRun: { type: 'boolean', description: 'Only say what would be changed.' },
  ifSeq: {
    type: 'integer',
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: '`basedOn` of a dry run: change nothing if what it looked at has been changed since.',
  },
} as const

const restoreBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...pointProperties,
    below: { ...nameSchema, description: 'Only this name and what is below it.' },
    types: {
      type: 'array',
      minItems: 1,
      maxItems: 100,
      items: { type: 'string', maxLength: 20 },
      description: 'Only RRsets of these types.',
    },
    ...changeProperties,
  },
} as const

interface RestoreBody extends PointQuery {
  below?: string
  types?: string[]
  dryRun?: boolean
  ifSeq?: number
}

/** Putting a zone back as it was. */
export function restoreRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  // each holds database connections for as long as it takes
  const turns = new Turns({ most: 2 })

  app.post<{ Params: { name: string }; Body: RestoreBody }>(
    '/zones/:name/restore',
    {
      schema: {
        operationId: 'restoreZone',
        example: { time: '2026-11-24T10:00Z', dryRun: true },
        tags: ['history'],
        role: 'operator',
        response: { 200: restoredZone },
        problems: [
          'bad-name',
          'zone-not-found',
          'bad-point',
          'bad-filter',
          'outside-history',
          'history-behind',
          'changed-meanwhile',
          'not-a-zone',
          'zone-busy',
          'too-large',
        ],
        summary: 'Put a zone, or a part of it, back as it was at a moment of its history',
        params: zoneParams,
        body: restoreBody,
      },
    },
    async (request, reply) => {
      const { params, body } = request
      const to = pointOf(body, admin.now())
      if (!to.ok) return await sendFailure(reply, to)
      if (to.value === undefined)
        return await sendFailure(reply, failure('bad-point', 'Say to which serial, time or event.'))
      const { below, types, dryRun, ifSeq } = body
      const sender = { by: identityOf(request), source: sourceOf(request) }
      // what comes while it waits for its turn is in its way
      const seen = await zoneNamed(admin.db, params.name)
      if (!seen.ok) return await sendFailure(reply, seen)
      const endTurn = await turns.takeFor(reply)
      try {
        const restored = await restoreZone(admin, {
          name: params.name,
          to: to.value,
          ...(below === undefined ? {} : { below }),
          ...(types === undefined ? {} : { types }),
          ...(dryRun === undefined ? {} : { dryRun }),
          ...(ifSeq === undefined ? {} : { ifSeq }),
          began: seen.value.seq,
          ...sender,
        })
        return restored.ok ? restored.value : await sendFailure(reply, restored)
      } finally {
        endTurn()
      }
    },
  )
}
