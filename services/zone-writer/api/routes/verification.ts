import type { FastifyInstance } from 'fastify'
import { readerOf, zonesSeen } from '../../admin/access.ts'
import { exportHistory } from '../../admin/export-history.ts'
import { done, failure } from '../../admin/failure.ts'
import { zoneInHistory, zoneNamed } from '../../admin/names.ts'
import { listVerifiedZones, type VerifiedQuery } from '../../admin/verified-zones.ts'
import { makeCheckpoint } from '../../history/checkpoints.ts'
import { publicKeyObjects, type SignedCheckpoint } from '../../history/verify/checkpoint.ts'
import { verifyZone } from '../../history/verify/verify-zone.ts'
import { checkpointsOf } from '../../store/checkpoints.ts'
import { countVerified, type VerifiedCounts } from '../../store/verified.ts'
import { answerInTurn, withNewlines } from '../answer-in-turn.ts'
import {
  checkpointKey,
  checkpointPage,
  madeCheckpoint,
  progress,
  verification,
  verifiedZonePage,
} from '../answers/proof.ts'
import { accessOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { linesOf } from '../openapi/schema.ts'
import { sendFailure } from '../problem.ts'
import { MAX_PAGE, nameSchema, zoneParams } from '../schemas.ts'
import { SharedAnswers } from '../shared-answers.ts'
import { NDJSON } from '../steps.ts'
import { gathered } from '../streams/gathered.ts'
import { Turns } from '../turns.ts'

const MEBIBYTE = 1 << 20
/** All zones are looked at for them, whichever page is read. */
const COUNTS_FRESH_MS = 2_000

const verifyBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    publicKey: {
      type: 'string',
      maxLength: 4096,
      description:
        'Whose checkpoints are believed, keys with white space between them; left out, those of the keys that the writer believes.',
    },
    checkpoints: {
      type: 'array',
      maxItems: 100_000,
      description: 'Checkpoints that were kept elsewhere.',
      items: {
        type: 'object',
        required: ['checkpoint', 'signature'],
        properties: { checkpoint: { type: 'string' }, signature: { type: 'string' } },
      },
    },
  },
} as const

const verifiedQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: 100 },
    after: { ...nameSchema, description: '`next` of the page before.' },
    search: {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      description: 'Only those whose name has this in it.',
    },
    differing: { type: 'boolean', default: false, description: 'Only those that differ from their history.' },
  },
} as const

interface Named {
  Params: { name: string }
}

interface GivenCheckpoint {
  checkpoint: string
  signature: string
}

/** Proof: verification, signed checkpoints, and histories to be verified elsewhere. */
export function verificationRoutes(
  app: FastifyInstance,
  { admin, longReads, signingKey, believedKeys }: ApiContext,
): void {
  // each holds a database connection, and much of a zone in memory
  const turns = new Turns({ most: 1 })
  const counts = new SharedAnswers<VerifiedCounts>(COUNTS_FRESH_MS)

  app.get<{ Querystring: VerifiedQuery }>(
    '/verified-zones',
    {
      schema: {
        operationId: 'listVerifiedZones',
        forLimited: true,
        tags: ['proof'],
        role: 'viewer',
        response: { 200: verifiedZonePage },
        summary: 'How far the background verifier is in each zone, and what differs, by name',
        querystring: verifiedQuery,
      },
    },
    async (request) => {
      const access = accessOf(request)
      const names = zonesSeen(access)
      const count = () => counts.get(readerOf(access), admin.now(), () => countVerified(admin.db, names))
      return await listVerifiedZones(admin.db, request.query, names, count)
    },
  )

  app.post<Named & { Body: { publicKey?: string; checkpoints?: GivenCheckpoint[] } | null }>(
    '/zones/:name/verify',
    {
      schema: {
        operationId: 'verifyZone',
        tags: ['proof'],
        role: 'operator',
        response: { 200: linesOf('Progress, then the result.', progress, verification) },
        problems: ['bad-name', 'zone-not-found', 'bad-key'],
        summary: 'Verify a zone and its history; progress and result, one JSON object a line',
        params: zoneParams,
        body: verifyBody,
      },
      bodyLimit: 16 * MEBIBYTE,
    },
    async ({ params, body }, reply) => {
      const publicKey = body?.publicKey ?? believedKeys
      try {
        publicKeyObjects(publicKey)
      } catch (error) {
        return await sendFailure(reply, failure('bad-key', `${(error as Error).message}.`))
      }
      const zone = await zoneInHistory(admin.db, params.name)
      if (!zone.ok) return await sendFailure(reply, zone)
      const checkpoints = (body?.checkpoints ?? []).map(checkpointOf)
      const steps = async function* () {
        for await (const step of verifyZone(longReads.db, zone.value, { publicKey, checkpoints }))
          yield `${JSON.stringify(step)}\n`
      }
      return await answerInTurn(reply.type(NDJSON), turns, async () => done(steps()))
    },
  )

  app.get<Named>(
    '/zones/:name/history',
    {
      schema: {
        operationId: 'exportHistory',
        tags: ['proof'],
        role: 'viewer',
        response: { 200: linesOf('The history: a head, events, checkpoints.', {}) },
        problems: ['bad-name', 'zone-not-found'],
        summary: 'All events and checkpoints of a zone, to be kept and verified elsewhere',
        params: zoneParams,
      },
    },
    async ({ params }, reply) => {
      return await answerInTurn(reply.type(NDJSON), longReads.turns, async () => {
        const lines = await exportHistory(longReads.db, params.name, signingKey.public)
        return lines.ok ? done(gathered(withNewlines(lines.value))) : lines
      })
    },
  )

  app.get<Named>(
    '/zones/:name/checkpoints',
    {
      schema: {
        operationId: 'listCheckpoints',
        tags: ['proof'],
        role: 'viewer',
        response: { 200: checkpointPage },
        problems: ['bad-name', 'zone-not-found'],
        summary: 'Signed checkpoints of a zone, oldest first',
        params: zoneParams,
      },
    },
    async ({ params }, reply) => {
      const zone = await zoneInHistory(admin.db, params.name)
      if (!zone.ok) return await sendFailure(reply, zone)
      const checkpoints = await checkpointsOf(admin.db, zone.value.id)
      return { publicKey: signingKey.public, checkpoints: checkpoints.map(checkpointJson) }
    },
  )

  app.post<Named>(
    '/zones/:name/checkpoints',
    {
      schema: {
        operationId: 'makeCheckpoint',
        tags: ['proof'],
        role: 'operator',
        response: { 201: madeCheckpoint },
        problems: ['bad-name', 'zone-not-found'],
        summary: "Sign where a zone's history stands now",
        params: zoneParams,
      },
    },
    async ({ params }, reply) => {
      const zone = await zoneNamed(admin.db, params.name)
      if (!zone.ok) return await sendFailure(reply, zone)
      const made = await makeCheckpoint(admin.db, signingKey, zone.value.id, admin.now())
      if (made === undefined) throw new Error(`zone ${zone.value.name} has no event`)
      return await reply.code(201).send({ publicKey: signingKey.public, ...checkpointJson(made) })
    },
  )

  app.get(
    '/checkpoint-key',
    {
      schema: {
        operationId: 'getCheckpointKey',
        forLimited: true,
        tags: ['proof'],
        role: 'viewer',
        response: { 200: checkpointKey },
        summary: 'The public key of checkpoints, and all that are believed here',
      },
    },
    async () => ({ publicKey: signingKey.public, believed: believedKeys }),
  )
}

function checkpointOf({ checkpoint, signature }: GivenCheckpoint): SignedCheckpoint {
  return { statement: checkpoint, signature: Buffer.from(signature, 'base64') }
}

function checkpointJson({ seq, statement, signature }: SignedCheckpoint & { seq: number }) {
  return { seq, checkpoint: statement, signature: Buffer.from(signature).toString('base64') }
}
