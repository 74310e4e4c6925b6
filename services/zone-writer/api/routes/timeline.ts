import type { FastifyInstance } from 'fastify'
import { failure } from '../../admin/failure.ts'
import { zoneTimeline } from '../../admin/read-timeline.ts'
import { readTime } from '../../history/point.ts'
import { timeline } from '../answers/timeline.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { zoneParams } from '../schemas.ts'

const word = { type: 'string', minLength: 1, maxLength: 64 } as const

const timelineQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    since: { ...word, description: 'ISO 8601, or 2h; left out, from the first event.' },
    until: { ...word, description: 'As since; left out, to now.' },
    buckets: { type: 'integer', minimum: 1, maximum: 500, default: 60 },
  },
} as const

export function timelineRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get<{ Params: { name: string }; Querystring: { since?: string; until?: string; buckets: number } }>(
    '/zones/:name/timeline',
    {
      schema: {
        operationId: 'getTimeline',
        tags: ['history'],
        role: 'viewer',
        response: { 200: timeline },
        problems: ['bad-name', 'zone-not-found', 'bad-point', 'outside-history'],
        summary: 'How many events a zone had when, by what became of them',
        params: zoneParams,
        querystring: timelineQuery,
      },
    },
    async ({ params, query }, reply) => {
      const now = admin.now()
      const bounds: { since?: number; until?: number } = {}
      for (const bound of ['since', 'until'] as const) {
        const text = query[bound]
        if (text === undefined) continue
        const at = readTime(text, now)
        if (at === undefined)
          return await sendFailure(
            reply,
            failure('bad-point', `'${text}' is no time: expected one such as 2026-11-25T10:00Z, or 2h.`),
          )
        bounds[bound] = at
      }
      const found = await zoneTimeline(admin.db, params.name, { ...bounds, buckets: query.buckets }, now)
      return found.ok ? found.value : await sendFailure(reply, found)
    },
  )
}
