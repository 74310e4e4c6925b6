import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Chunks } from '../../../../shared/dns/zone-file-stream.ts'
import type { TransferSettings } from '../../../../shared/transfers/transfer-settings.ts'
import { createZone } from '../../admin/create-zone.ts'
import { doneOrTried } from '../../admin/dry-run.ts'
import { done, type Outcome } from '../../admin/failure.ts'
import { importZone } from '../../admin/import-zone.ts'
import { exportZoneAsOf } from '../../admin/read-history.ts'
import { exportZone } from '../../admin/read-zones.ts'
import { answerInTurn, withNewlines } from '../answer-in-turn.ts'
import { createdZone, importedZone } from '../answers/zones.ts'
import { zoneLack } from '../authorise.ts'
import { accessOf, identityOf, sourceOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { momentOfDeleted, type PointQuery, pointOf, pointProperties } from '../history-point.ts'
import { body } from '../openapi/schema.ts'
import { problem, sendFailure, sendProblem } from '../problem.ts'
import {
  allowUpdateSchema,
  type DryRun,
  dryRunQuery,
  dryRunSchema,
  transfersSchema,
  zoneParams,
} from '../schemas.ts'
import { withEnd } from '../streams/end-mark.ts'
import { gathered } from '../streams/gathered.ts'
import { Turns } from '../turns.ts'
import { piecesOf, takeZoneFilesOnly, ZONE_FILE_TYPE } from '../zone-file-body.ts'

/** Each holds a database connection for as long as its client takes, and others need some too. */
const IMPORTS_AT_ONCE = 2

interface Named {
  Params: { name: string }
}

interface Creation extends Named {
  Querystring: DryRun & { allowUpdate?: string[]; origin?: string } & Partial<TransferSettings>
}

const createQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    allowUpdate: allowUpdateSchema,
    origin: {
      type: 'string',
      minLength: 1,
      maxLength: 500,
      pattern: '^[ -~]*$',
      description: 'Where the contents come from, for the history: stands after the word created.',
    },
    ...transfersSchema.properties,
    dryRun: dryRunSchema,
  },
} as const

const exportQuery = { type: 'object', additionalProperties: false, properties: pointProperties } as const

/** Zone files of any length, in and out; none is ever held here. */
export function zoneFileRoutes(v1: FastifyInstance, { admin, longReads }: ApiContext): void {
  const imports = new Turns({ most: IMPORTS_AT_ONCE })

  v1.get<Named & { Querystring: PointQuery }>(
    '/zones/:name/export',
    {
      schema: {
        operationId: 'exportZone',
        tags: ['zones'],
        role: 'viewer',
        response: { 200: body(ZONE_FILE_TYPE, 'The zone as a zone file (RFC 1035).') },
        problems: ['bad-name', 'zone-not-found', 'bad-point', 'outside-history', 'history-behind'],
        summary: 'The contents of a zone as a zone file, now or at a moment of its history',
        params: zoneParams,
        querystring: exportQuery,
      },
    },
    async ({ params, query }, reply) => {
      return await answerInTurn(reply.type(`${ZONE_FILE_TYPE}; charset=utf-8`), longReads.turns, async () => {
        const lines = await exportedLines(params.name, query, reply)
        return lines.ok ? done(gathered(withEnd(reply, withNewlines(lines.value), 'text'))) : lines
      })
    },
  )

  async function exportedLines(
    name: string,
    query: PointQuery,
    reply: FastifyReply,
  ): Promise<Outcome<AsyncGenerator<string>>> {
    const now = admin.now()
    const spec = pointOf(query, now)
    if (!spec.ok) return spec
    const moment = spec.value ?? momentOfDeleted(name)
    if (moment === undefined) return await exportZone(longReads.db, name)
    const asOf = await exportZoneAsOf(longReads.db, name, moment, now)
    if (!asOf.ok) return asOf
    const { note, seq, serial } = asOf.value.point
    reply.header('zonelog-event', seq).header('zonelog-serial', serial)
    if (note !== undefined) reply.header('zonelog-note', note)
    return done(asOf.value.lines)
  }

  v1.register(async (app) => {
    takeZoneFilesOnly(app)

    app.put<Creation>(
      '/zones/:name',
      {
        schema: {
          operationId: 'createZoneFromFile',
          consumes: ZONE_FILE_TYPE,
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
          summary: 'Create a zone from a zone file of any length',
          params: zoneParams,
          querystring: createQuery,
        },
      },
      async (request, reply) => {
        const { name } = request.params
        // a new zone is named by all of it, also where that looks like NAME@ID
        const lack = zoneLack(accessOf(request), name)
        if (lack !== undefined) return await sendFailure(reply, lack)
        const { allowUpdate = [], origin, dryRun, ...transfers } = request.query
        const more = origin === undefined ? {} : { origin }
        const who = { access: accessOf(request), ...senderOf(request) }
        const work = (file: Chunks) =>
          doneOrTried(admin, dryRun, (admin) =>
            createZone(admin, { name, file, allowUpdate, transfers, ...more, ...who }),
          )
        return await answer(request, reply, 201, work)
      },
    )

    app.put<Named & { Querystring: DryRun }>(
      '/zones/:name/contents',
      {
        schema: {
          operationId: 'replaceContents',
          consumes: ZONE_FILE_TYPE,
          tags: ['zones'],
          role: 'operator',
          response: { 200: importedZone },
          problems: [
            'bad-name',
            'zone-not-found',
            'bad-zone-file',
            'changed-meanwhile',
            'zone-busy',
            'too-large',
          ],
          summary: 'Replace the contents of a zone by a zone file of any length',
          params: zoneParams,
          querystring: dryRunQuery,
        },
      },
      async (request, reply) => {
        const { name } = request.params
        const work = (file: Chunks) =>
          doneOrTried(admin, request.query.dryRun, (admin) =>
            importZone(admin, { name, file, ...senderOf(request) }),
          )
        return await answer(request, reply, 200, work)
      },
    )
  })

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    status: number,
    work: (file: Chunks) => Promise<Outcome<unknown>>,
  ): Promise<FastifyReply> {
    const file = piecesOf(request)
    if (file === undefined)
      return await sendProblem(
        reply,
        problem(
          415,
          'unsupported-media-type',
          `Send a zone file, with the header Content-Type: ${ZONE_FILE_TYPE}.`,
        ),
      )
    const endTurn = await imports.takeFor(reply)
    try {
      const outcome = await work(file)
      return outcome.ok ? await reply.code(status).send(outcome.value) : await sendFailure(reply, outcome)
    } finally {
      endTurn()
    }
  }
}

function senderOf(request: FastifyRequest) {
  return { by: identityOf(request), source: sourceOf(request) }
}
