import type { FastifyInstance } from 'fastify'
import { doneOrTried } from '../../admin/dry-run.ts'
import { holdLease } from '../../admin/leases/hold-lease.ts'
import { type LeaseQuery, listLeases } from '../../admin/leases/list-leases.ts'
import { heldLeases, leaseList } from '../answers/zones.ts'
import { identityOf, sourceOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { type DryRun, dryRunSchema, MAX_PAGE, nameSchema, zoneParams } from '../schemas.ts'

const query = {
  type: 'object',
  additionalProperties: false,
  properties: {
    record: { ...nameSchema, description: 'Only the values at this name.' },
    after: { type: 'string', maxLength: 2_000, description: 'Where the page before ended: its `next`.' },
    limit: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: MAX_PAGE },
  },
} as const

const body = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { ...nameSchema, description: 'The owner of the values.' },
    type: { type: 'string', minLength: 1, maxLength: 32, description: 'Only values of this type.' },
    dryRun: dryRunSchema,
  },
} as const

interface HoldBody extends DryRun {
  name: string
  type?: string
}

const ACTIONS = {
  hold: 'Keep leased values of a name, whether they are refreshed or not',
  release: 'Let values that were held go: each has a whole lease to be refreshed in',
} as const

/** Values that are removed unless they are refreshed (RFC 9664). */
export function leaseRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get<{ Params: { name: string }; Querystring: LeaseQuery }>(
    '/zones/:name/leases',
    {
      schema: {
        operationId: 'listLeases',
        tags: ['zones'],
        role: 'viewer',
        response: { 200: leaseList },
        problems: ['bad-name', 'zone-not-found', 'bad-filter'],
        summary: 'Leased values of a zone, by name',
        params: zoneParams,
        querystring: query,
      },
    },
    async ({ params, query: wanted }, reply) => {
      const found = await listLeases(admin.db, params.name, wanted)
      return found.ok ? found.value : await sendFailure(reply, found)
    },
  )
  for (const action of ['hold', 'release'] as const)
    app.post<{ Params: { name: string }; Body: HoldBody }>(
      `/zones/:name/leases/${action}`,
      {
        schema: {
          operationId: `${action}Lease`,
          example: { name: 'printer.example.com', type: 'A' },
          tags: ['zones'],
          role: 'operator',
          response: { 200: heldLeases },
          problems: ['bad-name', 'zone-not-found', 'bad-filter', 'lease-not-found', 'leases-off'],
          summary: ACTIONS[action],
          params: zoneParams,
          body,
        },
      },
      async (request, reply) => {
        const { dryRun, ...values } = request.body
        const wanted = {
          zone: request.params.name,
          ...values,
          action,
          by: identityOf(request),
          source: sourceOf(request),
        }
        const held = await doneOrTried(admin, dryRun, (admin) => holdLease(admin, wanted))
        return held.ok ? held.value : await sendFailure(reply, held)
      },
    )
}
