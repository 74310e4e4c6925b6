import type { FastifyInstance } from 'fastify'
import type { TransferSettings } from '../../../../shared/transfers/transfer-settings.ts'
import { zonesSeen } from '../../admin/access.ts'
import { createZone } from '../../admin/create-zone.ts'
import { deleteZone } from '../../admin/delete-zone.ts'
import { type DeletedZonesWanted, listDeletedZones } from '../../admin/deleted-zones.ts'
import { doneOrTried } from '../../admin/dry-run.ts'
import { showZoneAsOf } from '../../admin/read-history.ts'
import { listZones, showZone } from '../../admin/read-zones.ts'
import { createdZone, deletedZone, deletedZonePage, zoneOrAsOf, zonePage } from '../answers/zones.ts'
import { allZonesLack, zoneLack } from '../authorise.ts'
import { accessOf, identityOf, sourceOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { momentOfDeleted, type PointQuery, pointOf, pointProperties } from '../history-point.ts'
import { sendFailure } from '../problem.ts'
import {
  allowUpdateSchema,
  type DryRun,
  dryRunQuery,
  dryRunSchema,
  MAX_PAGE,
  nameSchema,
  transfersSchema,
  zoneParams,
} from '../schemas.ts'
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
    isCatalog: { type: 'boolean', description: 'A catalog zone (RFC 9432), which lists the other zones.' },
    dryRun: dryRunSchema,
  },
} as const

const listQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: 100 },
    after: { ...nameSchema, description: 'List zones after this name: `next` of the page before.' },
    search: {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      description: 'Only those whose name has this in it.',
    },
  },
} as const

const deletedQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    name: { ...nameSchema, description: 'Only those that had this name.' },
    search: {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      description: 'Only those whose name has this in it.',
    },
    newest: {
      type: 'boolean',
      default: false,
      description: 'Those that were deleted last come first; else those that were made first.',
    },
    limit: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: MAX_PAGE },
    after: { type: 'integer', minimum: 0, default: 0, description: '`next` of the page before.' },
  },
} as const

const showQuery = { type: 'object', additionalProperties: false, properties: pointProperties } as const

type CreateBody = Partial<TransferSettings> &
  DryRun & {
    name: string
    file?: string
    allowUpdate?: string[]
    isCatalog?: boolean
  }

export function zoneRoutes(app: FastifyInstance, context: ApiContext): void {
  const { admin } = context
  app.get<{ Querystring: { limit: number; after?: string; search?: string } }>(
    '/zones',
    {
      schema: {
        operationId: 'listZones',
        forLimited: true,
        tags: ['zones'],
        role: 'viewer',
        response: { 200: zonePage },
        summary: 'Zones, in the order of their names',
        querystring: listQuery,
      },
    },
    async (request) => await listZones(admin.db, { ...request.query, names: zonesSeen(accessOf(request)) }),
  )

  app.get<{ Querystring: DeletedZonesWanted }>(
    '/deleted-zones',
    {
      schema: {
        operationId: 'listDeletedZones',
        forLimited: true,
        tags: ['zones'],
        role: 'viewer',
        response: { 200: deletedZonePage },
        problems: ['bad-name'],
        summary: 'Zones that were deleted; their histories are kept',
        querystring: deletedQuery,
      },
    },
    async (request, reply) => {
      const page = await listDeletedZones(admin.db, request.query, zonesSeen(accessOf(request)))
      return page.ok ? page.value : await sendFailure(reply, page)
    },
  )

  app.post<{ Body: CreateBody }>(
    '/zones',
    {
      schema: {
        operationId: 'createZone',
        forLimited: true,
        example: { name: 'example.com', allowUpdate: ['laptop', '192.0.2.0/24'] },
        tags: ['zones'],
        role: 'admin',
        response: { 201: createdZone },
        problems: [
          'bad-name',
          'bad-zone-file',
          'bad-rule',
          'bad-transfer',
          'unknown-key',
          'zone-exists',
          'too-large',
        ],
        summary: 'Create a zone',
        body: createBody,
      },
      bodyLimit: MAX_ZONE_FILE,
    },
    async (request, reply) => {
      const { name, file, allowUpdate = [], isCatalog = false, dryRun, ...transfers } = request.body
      const access = accessOf(request)
      // a catalog zone tells the names of all
      const lack = zoneLack(access, name) ?? (isCatalog ? allZonesLack(access) : undefined)
      if (lack !== undefined) return await sendFailure(reply, lack)
      const wanted = {
        name,
        ...(file === undefined ? {} : { file: [file] }),
        allowUpdate,
        transfers,
        isCatalog,
        by: identityOf(request),
        source: sourceOf(request),
        access,
      }
      const created = await doneOrTried(admin, dryRun, (admin) => createZone(admin, wanted))
      if (!created.ok) return await sendFailure(reply, created)
      if (!dryRun) reply.header('location', `/v1/zones/${encodeURIComponent(created.value.name)}`)
      return await reply.code(201).send(created.value)
    },
  )

  app.get<{ Params: { name: string }; Querystring: PointQuery }>(
    '/zones/:name',
    {
      schema: {
        operationId: 'getZone',
        tags: ['zones'],
        role: 'viewer',
        response: { 200: zoneOrAsOf },
        problems: ['bad-name', 'zone-not-found', 'bad-point', 'outside-history', 'history-behind'],
        summary: 'One zone, now or at a moment of its history',
        params: zoneParams,
        querystring: showQuery,
      },
    },
    async ({ params, query }, reply) => {
      const now = admin.now()
      const spec = pointOf(query, now)
      if (!spec.ok) return await sendFailure(reply, spec)
      const moment = spec.value ?? momentOfDeleted(params.name)
      const zone =
        moment === undefined
          ? await showZone(admin.db, params.name)
          : await showZoneAsOf(admin.db, params.name, moment, now)
      return zone.ok ? zone.value : await sendFailure(reply, zone)
    },
  )

  app.delete<{ Params: { name: string }; Querystring: DryRun }>(
    '/zones/:name',
    {
      schema: {
        operationId: 'deleteZone',
        tags: ['zones'],
        role: 'admin',
        response: { 200: deletedZone },
        problems: ['bad-name', 'zone-not-found'],
        summary: 'Delete a zone; its history stays',
        params: zoneParams,
        querystring: dryRunQuery,
      },
    },
    async (request, reply) => {
      const who = { by: identityOf(request), source: sourceOf(request) }
      const deleted = await doneOrTried(admin, request.query.dryRun, (admin) =>
        deleteZone(admin, request.params.name, who),
      )
      return deleted.ok ? deleted.value : await sendFailure(reply, deleted)
    },
  )

  zoneFileRoutes(app, context)
}
