import type { FastifyInstance } from 'fastify'
import { done, failure } from '../../admin/failure.ts'
import { zoneInHistory, zonesThatWere } from '../../admin/names.ts'
import { rebuildInto } from '../../admin/rebuild-into.ts'
import { checkRebuild, replaceFromHistory } from '../../admin/rebuild-zone.ts'
import { answerInTurn } from '../answer-in-turn.ts'
import { failedStep, progress, rebuildReport } from '../answers/proof.ts'
import { createdZone } from '../answers/zones.ts'
import { roleLack, zoneLack } from '../authorise.ts'
import { accessOf, identityOf, sourceOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { linesOf } from '../openapi/schema.ts'
import { sendFailure } from '../problem.ts'
import { nameSchema, zoneParams } from '../schemas.ts'
import { NDJSON, stepsAsLines } from '../steps.ts'
import { Turns } from '../turns.ts'

const rebuildBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    replace: { type: 'boolean', description: 'Put what is stored back to what the events say.' },
    into: { ...nameSchema, description: 'Make a new zone of this name instead.' },
  },
} as const

type Body = { replace?: boolean; into?: string } | null

/** Zones from nothing but their events. */
export function rebuildRoutes(app: FastifyInstance, { admin, believedKeys, fetchAnew }: ApiContext): void {
  // each holds two database connections
  const turns = new Turns({ most: 1 })

  app.post<{ Params: { name: string }; Body: Body }>(
    '/zones/:name/rebuild',
    {
      schema: {
        operationId: 'rebuildZone',
        example: { replace: false },
        tags: ['proof'],
        role: 'operator',
        response: {
          200: linesOf('Progress, then the result.', progress, rebuildReport, createdZone, failedStep),
        },
        problems: ['bad-name', 'zone-not-found', 'bad-filter'],
        description: 'Comparing needs the role operator, `replace` and `into` the role admin.',
        summary:
          'Rebuild a zone from its events: compare, replace what is stored, or make a new zone; progress and result, one JSON object a line',
        params: zoneParams,
        body: rebuildBody,
      },
    },
    async (request, reply) => {
      const { replace = false, into } = request.body ?? {}
      const access = accessOf(request)
      const lack =
        (replace || into !== undefined ? roleLack(access, 'admin') : undefined) ??
        (into === undefined ? undefined : zoneLack(access, into))
      if (lack !== undefined) return await sendFailure(reply, lack)
      if (replace && into !== undefined)
        return await sendFailure(reply, failure('bad-filter', 'Give replace or into, not both.'))
      const named = await zoneInHistory(admin.db, request.params.name)
      // one that is to be brought back need not be named by its id where only one had the name
      const only = named.ok || into === undefined ? [] : await zonesThatWere(admin.db, request.params.name)
      const zone = only.length === 1 ? only[0]! : named.ok ? named.value : undefined
      if (zone === undefined) return await sendFailure(reply, named as Extract<typeof named, { ok: false }>)
      if (replace && zone.deletedAt !== undefined)
        return await sendFailure(
          reply,
          failure('zone-not-found', `Zone ${zone.name} was deleted: bring it back with --into ${zone.name}`),
        )
      const who = { by: identityOf(request), source: sourceOf(request) }
      const steps = async function* () {
        if (into !== undefined) yield* rebuildInto(admin, zone, into, who, believedKeys)
        else if (replace) yield* replaceFromHistory(admin, zone, who, believedKeys, fetchAnew)
        else yield* checkRebuild(admin, zone, believedKeys)
      }
      return await answerInTurn(reply.type(NDJSON), turns, async () => done(stepsAsLines(steps())))
    },
  )
}
