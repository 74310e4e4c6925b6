import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { createZone } from '../../admin/create-zone.ts'
import { exportZone, listZones, showZone } from '../../admin/read-zones.ts'
import { identityOf, sourceOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { MAX_PAGE, nameSchema, zoneParams } from '../schemas.ts'

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
      description: 'The text of a zone file; without it the zone gets default contents.',
    },
    allowUpdate: {
      type: 'array',
      maxItems: 1_000,
      items: { type: 'string', minLength: 1, maxLength: 1_020 },
      description: 'TSIG keys and address ranges that may update the zone.',
    },
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

export function zoneRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get<{ Querystring: { limit: number; after?: string } }>(
    '/zones',
    { schema: { summary: 'Zones, in the order of their names', querystring: listQuery } },
    async ({ query }) => await listZones(admin.db, query.limit, query.after),
  )

  app.post<{ Body: { name: string; file?: string; allowUpdate?: string[] } }>(
    '/zones',
    { schema: { summary: 'Create a zone', body: createBody }, bodyLimit: MAX_ZONE_FILE },
    async (request, reply) => {
      const { name, file, allowUpdate = [] } = request.body
      const created = await createZone(admin, {
        name,
        ...(file === undefined ? {} : { fileText: file }),
        allowUpdate,
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

  app.get<{ Params: { name: string } }>(
    '/zones/:name',
    { schema: { summary: 'One zone', params: zoneParams } },
    async ({ params }, reply) => {
      const zone = await showZone(admin.db, params.name)
      return zone.ok ? zone.value : await sendFailure(reply, zone)
    },
  )

  app.get<{ Params: { name: string } }>(
    '/zones/:name/export',
    { schema: { summary: 'The contents of a zone as a zone file', params: zoneParams } },
    async ({ params }, reply) => {
      const lines = await exportZone(admin.db, params.name)
      if (!lines.ok) return await sendFailure(reply, lines)
      return await reply.type('text/dns; charset=utf-8').send(Readable.from(inChunks(lines.value)))
    },
  )
}

/** Lines joined into pieces worth sending. */
function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk = ''
  for (const line of lines) {
    chunk += `${line}\n`
    if (chunk.length < 65_536) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}
