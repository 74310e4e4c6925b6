import type { FastifyInstance } from 'fastify'
import { done } from '../../admin/failure.ts'
import { readCanonicalName } from '../../admin/names.ts'
import { pointIn } from '../../admin/read-history.ts'
import { differences } from '../../history/as-of.ts'
import { blame } from '../../history/blame.ts'
import { DIFFERENCE_FORMATS, type DifferenceFormat, differenceText } from '../../history/difference-text.ts'
import { answerInTurn } from '../answer-in-turn.ts'
import { blameLine, diff, diffHead, diffLine } from '../answers/events.ts'
import type { ApiContext } from '../context.ts'
import { type PointQuery, pointFromText, pointOf, pointProperties } from '../history-point.ts'
import { linesOf } from '../openapi/schema.ts'
import { sendFailure } from '../problem.ts'
import { nameSchema, zoneParams } from '../schemas.ts'
import { NDJSON } from '../steps.ts'
import { withEnd } from '../streams/end-mark.ts'
import { gathered } from '../streams/gathered.ts'

const point = { type: 'string', minLength: 1, maxLength: 64 } as const

const diffQuery = {
  type: 'object',
  additionalProperties: false,
  required: ['from', 'to'],
  properties: {
    from: { ...point, description: 'A serial, #EVENT, a time, 2h, or now.' },
    to: point,
    below: { ...nameSchema, description: 'Only this name and what is below it.' },
    format: {
      type: 'string',
      enum: DIFFERENCE_FORMATS,
      default: 'ixfr',
      description: 'ndjson: a line for the moments, then one for each RRset.',
    },
  },
} as const

const blameQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { record: { ...nameSchema, description: 'Only the values at this name.' }, ...pointProperties },
} as const

const TYPES: { readonly [F in DifferenceFormat]: string } = {
  ixfr: 'text/plain',
  unified: 'text/plain',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
}

/** JSON ends with its brace. */
const ENDS = { ixfr: 'text', unified: 'text', ndjson: 'lines', json: undefined } as const

const diffAnswer = {
  description: 'What goes and what comes, in the form that was asked for.',
  content: {
    'text/plain': { schema: { type: 'string' } },
    'application/json': { schema: diff },
    'application/x-ndjson': { schema: { anyOf: [diffHead, diffLine] } },
  },
}

interface Named {
  Params: { name: string }
}

/** Looking back: what is different between two moments, and where values come from. */
export function historyRoutes(app: FastifyInstance, { admin, longReads }: ApiContext): void {
  app.get<Named & { Querystring: { from: string; to: string; below?: string; format: DifferenceFormat } }>(
    '/zones/:name/diff',
    {
      schema: {
        operationId: 'getDiff',
        tags: ['history'],
        role: 'viewer',
        response: { 200: diffAnswer },
        problems: ['bad-name', 'zone-not-found', 'bad-point', 'outside-history', 'history-behind'],
        summary: 'The net difference between two moments of a zone',
        params: zoneParams,
        querystring: diffQuery,
      },
    },
    async ({ params, query }, reply) => {
      const now = admin.now()
      const points = []
      for (const text of [query.from, query.to]) {
        const spec = pointFromText(text, now)
        if (!spec.ok) return await sendFailure(reply, spec)
        const found = await pointIn(admin.db, params.name, spec.value, now)
        if (!found.ok) return await sendFailure(reply, found)
        points.push(found.value)
      }
      const [from, to] = [points[0]!, points[1]!]
      const below = query.below === undefined ? undefined : readCanonicalName(query.below, 'record')
      if (below !== undefined && !below.ok) return await sendFailure(reply, below)
      const read = async () => {
        const changes = await differences(longReads.db, from, to, below?.value)
        if (!changes.ok) throw new Error(changes.message)
        return changes.value
      }
      const notes = [from.note, to.note].filter((note) => note !== undefined)
      if (notes.length > 0) reply.header('zonelog-note', notes.join('; '))
      const type = `${TYPES[query.format]}; charset=utf-8`
      return await answerInTurn(reply.type(type), longReads.turns, async () => {
        const first = await differences(longReads.db, from, to, below?.value)
        if (!first.ok) return first
        await first.value.return(undefined)
        const text = differenceText(query.format, from, to, read)
        const kind = ENDS[query.format]
        return done(gathered(kind === undefined ? text : withEnd(reply, text, kind)))
      })
    },
  )

  app.get<Named & { Querystring: PointQuery & { record?: string } }>(
    '/zones/:name/blame',
    {
      schema: {
        operationId: 'blame',
        tags: ['history'],
        role: 'viewer',
        response: { 200: linesOf('The values of the zone.', blameLine) },
        problems: ['bad-name', 'zone-not-found', 'bad-point', 'outside-history', 'history-behind'],
        summary:
          'Who set each value, when and by which event, and who confirmed it last; one JSON object a line',
        params: zoneParams,
        querystring: blameQuery,
      },
    },
    async ({ params, query }, reply) => {
      const now = admin.now()
      const spec = pointOf(query, now)
      if (!spec.ok) return await sendFailure(reply, spec)
      const at = await pointIn(admin.db, params.name, spec.value ?? { kind: 'now' }, now)
      if (!at.ok) return await sendFailure(reply, at)
      const record = query.record === undefined ? undefined : readCanonicalName(query.record, 'record')
      if (record !== undefined && !record.ok) return await sendFailure(reply, record)
      const wanted = { name: record?.value, isNow: spec.value === undefined }
      return await answerInTurn(reply.type(NDJSON), longReads.turns, async () => {
        const lines = await blame(longReads.db, at.value, wanted)
        return lines.ok ? done(gathered(withEnd(reply, asLines(lines.value), 'lines'))) : lines
      })
    },
  )
}

async function* asLines(values: AsyncGenerator<unknown>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`
}
