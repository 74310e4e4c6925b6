import type { FastifyInstance } from 'fastify'
import { MOST_RULES } from '../../admin/rules/change-rules.ts'
import { IMPORT_FORMATS, type ImportRulesRequest, importRules } from '../../admin/rules/import-rules.ts'
import { MOST_TRIED, type TryRequest, tryRules } from '../../admin/rules/try-rules.ts'
import { importedRules, triedRules } from '../answers/rules.ts'
import { accessOf, identityOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { zoneParams } from '../schemas.ts'
import { Turns, whenGone } from '../turns.ts'

const MEBIBYTE = 1 << 20
/** Each reads a history, which may be long. */
const TRIALS_AT_ONCE = 2

const tryBody = {
  type: 'object',
  required: ['rules'],
  additionalProperties: false,
  properties: {
    rules: { type: 'array', maxItems: MOST_RULES, items: { type: 'string', minLength: 1, maxLength: 8_000 } },
    since: { type: 'string', maxLength: 40, description: 'A time, or how long ago: 30d.' },
    after: {
      type: 'integer',
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: '`next` of the answer before: goes on behind that event.',
    },
    limit: {
      type: 'integer',
      minimum: 1,
      maximum: MOST_TRIED,
      default: MOST_TRIED,
      description: 'Events that the answer is about.',
    },
  },
} as const

const importBody = {
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  properties: {
    text: { type: 'string', maxLength: 8 * MEBIBYTE },
    format: { type: 'string', enum: IMPORT_FORMATS },
    dryRun: { type: 'boolean', default: false },
  },
} as const

/** Rule lists as a whole: tried on what was, and taken from elsewhere. */
export function ruleTrialRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  const trials = new Turns({ most: TRIALS_AT_ONCE })

  app.post<{ Params: { name: string }; Body: TryRequest }>(
    '/zones/:name/rules/try',
    {
      schema: {
        operationId: 'tryRules',
        example: { rules: ['grant laptop zonesub ANY'], since: '30d' },
        tags: ['rules'],
        role: 'viewer',
        response: { 200: triedRules },
        problems: ['bad-name', 'zone-not-found', 'bad-rule', 'bad-point', 'history-behind'],
        summary: 'What a list of rules would have made of the recorded updates; nothing is changed',
        params: zoneParams,
        body: tryBody,
      },
      bodyLimit: 9 * MEBIBYTE,
    },
    async ({ params, body }, reply) => {
      const endTurn = await trials.takeFor(reply)
      try {
        const tried = await tryRules(admin.db, params.name, body, admin.now(), { signal: whenGone(reply) })
        return tried.ok ? tried.value : await sendFailure(reply, tried)
      } finally {
        endTurn()
      }
    },
  )

  app.post<{ Params: { name: string }; Body: Omit<ImportRulesRequest, 'by' | 'access'> }>(
    '/zones/:name/rules/import',
    {
      schema: {
        operationId: 'importRules',
        tags: ['rules'],
        role: 'operator',
        response: { 200: importedRules },
        problems: ['bad-name', 'zone-not-found', 'bad-import', 'bad-rule', 'unknown-key', 'rules-changed'],
        summary: "Replace a zone's rules by those of a named.conf or of a configuration of Knot DNS",
        params: zoneParams,
        body: importBody,
      },
      bodyLimit: 9 * MEBIBYTE,
    },
    async (request, reply) => {
      const imported = await importRules(admin, request.params.name, {
        ...request.body,
        by: identityOf(request),
        access: accessOf(request),
      })
      return imported.ok ? imported.value : await sendFailure(reply, imported)
    },
  )
}
