import type { FastifyInstance } from 'fastify'
import { listRRsets, type RRsetQuery } from '../../admin/list-rrsets.ts'
import { rrsetPage } from '../answers/rrsets.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { MAX_PAGE, nameSchema, zoneParams } from '../schemas.ts'

const place = { type: 'string', minLength: 1, maxLength: 2_048 } as const

const listQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: 200 },
    after: { ...place, description: '`next` of the page before: behind that place.' },
    upTo: { ...place, description: '`next` or `previous` of a page: not behind that place.' },
    from: {
      ...nameSchema,
      description: 'Begin where this text stands among the names; in place of `after`.',
    },
    backwards: {
      type: 'boolean',
      description: 'The last of them, in the same order; with `previous` as `upTo`, the page before.',
    },
    name: { ...nameSchema, description: 'Only RRsets of this name.' },
    search: { ...nameSchema, description: 'Only those with this in their names.' },
    type: { type: 'string', minLength: 1, maxLength: 20, description: 'Only of this type.' },
  },
} as const

export function rrsetRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get<{ Params: { name: string }; Querystring: RRsetQuery }>(
    '/zones/:name/rrsets',
    {
      schema: {
        operationId: 'listRRsets',
        tags: ['zones'],
        role: 'viewer',
        summary: 'Records of a zone by RRset, in pages',
        description:
          "The RRsets of the zone's own name stand on the first page, whatever its limit; the others follow by their names as text. " +
          'Each page is of one moment, which its serial names; a zone may change between two pages. ' +
          '`search` and `type` look at so many names for a page, so that it may have few or none and `next` (backwards: `previous`) all the same.',
        params: zoneParams,
        querystring: listQuery,
        response: { 200: rrsetPage },
        problems: ['bad-name', 'bad-filter', 'zone-not-found'],
      },
    },
    async ({ params, query }, reply) => {
      const page = await listRRsets(admin.db, params.name, query)
      return page.ok ? page.value : await sendFailure(reply, page)
    },
  )
}
