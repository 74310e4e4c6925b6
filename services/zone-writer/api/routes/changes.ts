import type { FastifyInstance } from 'fastify'
import { CHANGE_ACTIONS } from '../../admin/changes/asked-changes.ts'
import { type ChangesRequest, type CommandLine, changeRecords } from '../../admin/changes/change-records.ts'
import { changedRecords } from '../answers/changes.ts'
import { identityOf, sourceOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { nameSchema, zoneParams } from '../schemas.ts'
import { inTraceOf } from '../trace-requests.ts'

/** A message of 64 KiB holds fewer records than this. */
const MOST = 5_000

const name = {
  ...nameSchema,
  description: 'Relative to the zone without a final dot; @ is its apex.',
} as const
const type = { type: 'string', minLength: 1, maxLength: 20 } as const
const values = {
  type: 'array',
  maxItems: MOST,
  items: { type: 'string', maxLength: 270_000 },
  description: 'RDATA as in a zone file.',
} as const

const changesBody = {
  type: 'object',
  required: ['changes'],
  additionalProperties: false,
  properties: {
    changes: {
      type: 'array',
      minItems: 1,
      maxItems: MOST,
      description: 'In order; all of them or none.',
      items: {
        type: 'object',
        required: ['action', 'name'],
        additionalProperties: false,
        properties: {
          action: {
            type: 'string',
            enum: CHANGE_ACTIONS,
            description:
              'add: these records; replace: the RRset by these records; delete: these records, without values the RRset, without type all that the name has.',
          },
          name,
          type,
          ttl: { type: 'integer', minimum: 0, maximum: 0x7fff_ffff, description: 'Of what is added.' },
          values,
        },
      },
    },
    prerequisites: {
      type: 'array',
      maxItems: MOST,
      description: 'What must be so, or nothing is changed (RFC 2136 §2.4).',
      items: {
        type: 'object',
        required: ['condition', 'name'],
        additionalProperties: false,
        properties: {
          condition: { type: 'string', enum: ['exists', 'absent'] },
          name,
          type: { ...type, description: 'Without it, the name itself.' },
          values: { ...values, description: 'With exists: exactly these.' },
        },
      },
    },
    ifSerial: {
      type: 'integer',
      minimum: 0,
      maximum: 0xffff_ffff,
      description: 'Change nothing unless the zone has this serial when it is decided.',
    },
    dryRun: { type: 'boolean', description: 'Only say what would be changed.' },
  },
} as const

const idempotencyHeader = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      description:
        'Any text of your own: the same request with it, at any time, gets the outcome of the first and changes nothing more.',
    },
  },
} as const

export function changeRoutes(app: FastifyInstance, context: ApiContext): void {
  const { admin, sendCommand, whenEvent, commandTtlMs: ttlMs } = context
  app.post<{ Params: { name: string }; Body: ChangesRequest; Headers: { 'idempotency-key'?: string } }>(
    '/zones/:name/changes',
    {
      schema: {
        operationId: 'changeRecords',
        tags: ['zones'],
        role: 'operator',
        summary: 'Add, replace and delete records, all in one update or none',
        description:
          'The changes are one UPDATE (RFC 2136), which is decided among those of clients and leaves one event. The role of the token stands for the rules of the zone; limits hold. An SOA that replaces the zone’s keeps its serial where that is later; otherwise the zone’s policy gives the next.',
        params: zoneParams,
        headers: idempotencyHeader,
        body: changesBody,
        example: {
          changes: [
            { action: 'replace', name: 'www', type: 'A', ttl: 300, values: ['192.0.2.1', '192.0.2.2'] },
            { action: 'delete', name: 'old' },
          ],
          ifSerial: 2026112601,
        },
        response: { 200: changedRecords },
        problems: [
          'bad-name',
          'zone-not-found',
          'bad-update',
          'too-large',
          'serial-changed',
          'prerequisite-failed',
          'update-refused',
          'idempotency-key-used',
          'not-accepted',
          'outcome-unknown',
        ],
      },
      bodyLimit: 4 << 20,
    },
    async (request, reply) => {
      const sender = {
        by: identityOf(request),
        source: sourceOf(request),
        idempotencyKey: request.headers['idempotency-key'],
      }
      const send: CommandLine['send'] = (command) =>
        inTraceOf(request, (traceparent) => sendCommand(command, traceparent))
      const line = { send, whenEvent, ttlMs }
      const changed = await changeRecords(admin, line, request.params.name, request.body, sender)
      return changed.ok ? changed.value : await sendFailure(reply, changed)
    },
  )
}
