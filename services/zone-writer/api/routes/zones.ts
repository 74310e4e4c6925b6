import type { FastifyInstance } from 'fastify'
import type { TransferSettings } from '../../../../shared/transfers/transfer-settings.ts'
import { createZone } from '../../admin/create-zone.ts'
import { showZoneAsOf } from '../../admin/read-history.ts'
import { listZones, showZone } from '../../admin/read-zones.ts'
import { identityOf, sourceOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { type PointQuery, pointOf, pointProperties } from '../history-point.ts'
import { sendFailure } from '../problem.ts'
import { allowUpdateSchema, MAX_PAGE, nameSchema, transfersSchema, zoneParams } from '../schemas.ts'
import { zoneFileRoutes } from './zone-files.ts'

const MEBIBYTE = 1 << 20
export const MAX_ZONE_FILE = 64 * MEBIBYTE

const createBody = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: nameSchema,
    file: {
      type: 'string',
      description:
        'The text of a small zone file; without it the zone gets default contents. PUT /v1/zones/NAME takes files of any length.',
    },
    allowUpdate: allowUpdateSchema,
    ...transfersSchema.properties,
  },
} as const

const listQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: 100 },
    after: { ...nameSchema, description: 'List zones after this name: `next` of the page before.' },
  },
} as const

const showQuery = { type: 'object', additionalProperties: false, properties: pointProperties } as const

export function zoneRoutes(app: FastifyInstance, context: ApiContext): void {
  const { admin } = context
  app.get<{ Querystring: { limit: number; after?: string } }>(
    '/zones',
    { schema: { summary: 'Zones, in the order of their names', querystring: listQuery } },
    async ({ query }) => await listZones(admin.db, query.limit, query.after),
  )

  app.post<{ Body: { name: string; file?: string; allowUpdate?: string[] } & Partial<TransferSettings> }>(
    '/zones',
    { schema: { summary: 'Create a zone', body: createBody }, bodyLimit: MAX_ZONE_FILE },
    async (request, reply) => {
      const { name, file, allowUpdate = [], ...transfers } = request.body
      const created = await createZone(admin, {
        name,
        ...(file === undefined ? {} : { file: [file] }),
        allowUpdate,
        transfers,
        by: identityOf(request),
        source: sourceOf(request),
      })
      if (!created.ok) return await sendFailure(reply, created)
      return await reply
        .code(201)
        .header('location', `/v1/zones/${encodeURIComponent(created.value.name)}`)
        .send(created.value)
    },
  )

  app.get<{ Params: { name: string }; Querystring: PointQuery }>(
    '/zones/:name',
    {
      schema: {
        summary: 'One zone, now or at a moment of its history',
        params: zoneParams,
        querystring: showQuery,
      },
    },
    async ({ params, query }, reply) => {
      const now = admin.now()
      const spec = pointOf(query, now)
      if (!spec.ok) return await sendFailure(reply, spec)
      const zone =
        spec.value === undefined
          ? await showZone(admin.db, params.name)
          : await showZoneAsOf(admin.db, params.name, spec.value, now)
      return zone.ok ? zone.value : await sendFailure(reply, zone)
    },
  )

  zoneFileRoutes(app, context)
}
