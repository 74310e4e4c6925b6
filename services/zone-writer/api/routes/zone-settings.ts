import type { FastifyInstance } from 'fastify'
import { LARGEST_LIMIT, LONGEST_LEASE_S, SERIAL_POLICIES } from '../../../../shared/zone-settings.ts'
import { doneOrTried } from '../../admin/dry-run.ts'
import { setZone, type ZoneChanges } from '../../admin/set-zone.ts'
import { zoneWithSettings } from '../answers/zones.ts'
import { roleLack } from '../authorise.ts'
import { accessOf, identityOf, sourceOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { type DryRun, dryRunSchema, transfersSchema, zoneParams } from '../schemas.ts'

function limit(of: string) {
  return { type: 'integer', minimum: 0, maximum: LARGEST_LIMIT, description: `Most ${of}; 0 is no limit.` }
}

const body = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: {
    settings: {
      type: 'object',
      minProperties: 1,
      additionalProperties: false,
      properties: {
        serialPolicy: { type: 'string', enum: SERIAL_POLICIES },
        maxRecords: limit('records of the zone'),
        maxRecordsPerRrset: limit('records of an RRset'),
        maxTypesPerName: limit('types of a name'),
        maxUpdatesPerIdentity: {
          type: 'object',
          required: ['count', 'seconds'],
          additionalProperties: false,
          description: 'Updates that an edge takes of one key, or of one address without a key.',
          properties: {
            count: limit('of them at once, and that many more in each period'),
            seconds: { type: 'integer', minimum: 1, maximum: 31_622_400 },
          },
        },
        leases: {
          type: 'object',
          required: ['least', 'longest'],
          additionalProperties: false,
          description:
            'Leases that updates are granted (RFC 9664); a longest of 0 is none, and makes all values static.',
          properties: {
            least: { type: 'integer', minimum: 0, maximum: LONGEST_LEASE_S, description: 'In seconds.' },
            longest: { type: 'integer', minimum: 0, maximum: LONGEST_LEASE_S, description: 'In seconds.' },
          },
        },
      },
    },
    transfers: { ...transfersSchema, minProperties: 1 },
    dryRun: dryRunSchema,
  },
} as const

export function zoneSettingsRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.patch<{ Params: { name: string }; Body: DryRun & ZoneChanges }>(
    '/zones/:name',
    {
      schema: {
        operationId: 'setZone',
        description: 'Limits, and the catalog zones that list the zone, are changed by the role admin only.',
        example: { settings: { maxRecords: 100000 }, transfers: { notify: ['192.0.2.53'] } },
        tags: ['zones'],
        role: 'operator',
        response: { 200: zoneWithSettings },
        problems: ['bad-name', 'zone-not-found', 'bad-transfer', 'unknown-key', 'bad-lease'],
        summary: 'Change settings of a zone; the others stay',
        params: zoneParams,
        body,
      },
    },
    async (request, reply) => {
      const lack = limitsChanged(request.body) ? roleLack(accessOf(request), 'admin') : undefined
      if (lack !== undefined) return await sendFailure(reply, lack)
      const who = { by: identityOf(request), source: sourceOf(request), access: accessOf(request) }
      const { dryRun, ...changes } = request.body
      const zone = await doneOrTried(admin, dryRun, (admin) =>
        setZone(admin, request.params.name, changes, who),
      )
      return zone.ok ? zone.value : await sendFailure(reply, zone)
    },
  )
}

/** What guards the whole system against the owner of one zone, or shows the zone elsewhere. */
function limitsChanged({ settings = {}, transfers = {} }: ZoneChanges): boolean {
  const { serialPolicy: _serials, leases: _leases, ...limits } = settings
  return (
    Object.keys(limits).length > 0 || transfers.catalog !== undefined || transfers.catalogGroup !== undefined
  )
}
