import type { FastifyInstance } from 'fastify'
import { planCompaction } from '../../admin/compact-plan.ts'
import { compactZone } from '../../admin/compact-zone.ts'
import { afterCommit } from '../../admin/context.ts'
import { done } from '../../admin/failure.ts'
import { zoneNamed } from '../../admin/names.ts'
import { makeCheckpoint } from '../../history/checkpoints.ts'
import { answerInTurn } from '../answer-in-turn.ts'
import { compacted, compactionPlan, failedStep, progress } from '../answers/proof.ts'
import { identityOf, sourceOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { linesOf } from '../openapi/schema.ts'
import { sendFailure } from '../problem.ts'
import { zoneParams } from '../schemas.ts'
import { NDJSON, stepsAsLines } from '../steps.ts'
import { Turns } from '../turns.ts'

const planQuery = {
  type: 'object',
  additionalProperties: false,
  required: ['keep'],
  properties: {
    keep: { type: 'string', maxLength: 32, description: 'How long events are kept, such as 400d.' },
  },
} as const

const compactBody = {
  type: 'object',
  additionalProperties: false,
  required: ['upTo', 'hash', 'exported'],
  properties: {
    upTo: {
      type: 'integer',
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'The last event that is replaced.',
    },
    hash: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'Its hash, as the plan tells it.' },
    exported: {
      type: 'string',
      minLength: 1,
      maxLength: 500,
      pattern: '^[ -~]*$',
      description: 'Where the events were exported to; people who look for them are told.',
    },
  },
} as const

interface Named {
  Params: { name: string }
}

/** Replacing old events by a snapshot. Whoever asks for it has exported them. */
export function compactionRoutes(
  app: FastifyInstance,
  { admin, signingKey, believedKeys }: ApiContext,
): void {
  const turns = new Turns({ most: 1 })

  app.get<Named & { Querystring: { keep: string } }>(
    '/zones/:name/compaction',
    {
      schema: {
        operationId: 'planCompaction',
        tags: ['proof'],
        role: 'viewer',
        response: { 200: compactionPlan },
        problems: ['bad-name', 'zone-not-found', 'bad-compaction'],
        summary: 'Which events a compaction would replace',
        params: zoneParams,
        querystring: planQuery,
      },
    },
    async ({ params, query }, reply) => {
      const plan = await planCompaction(admin.db, params.name, query.keep, admin.now())
      return plan.ok ? plan.value : await sendFailure(reply, plan)
    },
  )

  app.post<Named & { Body: { upTo: number; hash: string; exported: string } }>(
    '/zones/:name/compaction',
    {
      schema: {
        operationId: 'compactZone',
        example: { upTo: 1000, hash: '0'.repeat(64), exported: 'example.com-1000.jsonl' },
        tags: ['proof'],
        role: 'admin',
        response: { 200: linesOf('Progress, then the result.', progress, compacted, failedStep) },
        problems: ['bad-name', 'zone-not-found', 'bad-compaction'],
        summary:
          'Replace the events up to one by a snapshot; progress and result, one JSON object a line. Export them first',
        params: zoneParams,
        body: compactBody,
      },
    },
    async (request, reply) => {
      const zone = await zoneNamed(admin.db, request.params.name)
      if (!zone.ok) return await sendFailure(reply, zone)
      const wanted = { ...request.body, by: identityOf(request), source: sourceOf(request) }
      const steps = async function* () {
        yield* compactZone(admin, zone.value, wanted, signingKey, believedKeys)
        // proves the event that testifies to the snapshot
        await afterCommit(admin, 'checkpoint', async () => {
          await makeCheckpoint(admin.db, signingKey, zone.value.id, admin.now())
        })
      }
      return await answerInTurn(reply.type(NDJSON), turns, async () => done(stepsAsLines(steps())))
    },
  )
}
