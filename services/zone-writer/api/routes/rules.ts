import type { FastifyInstance } from 'fastify'
import { doneOrTried } from '../../admin/dry-run.ts'
import { addRules, MOST_RULES, removeRule, setRules } from '../../admin/rules/change-rules.ts'
import { listRuleChanges, listRules } from '../../admin/rules/list-rules.ts'
import { changedRules, ruleChanges, ruleList } from '../answers/rules.ts'
import { accessOf, identityOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { type DryRun, dryRunSchema, nameSchema, type PageQuery, pageQuery, zoneParams } from '../schemas.ts'

type Named = { Params: { name: string } }
type Positioned = { Params: { name: string; position: number } }

const version = {
  type: 'integer',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Change only this version of the list, as it was read; of another one nothing is changed.',
} as const
const rules = {
  type: 'array',
  maxItems: MOST_RULES,
  // an identity, a name and some types, each octet escaped
  items: { type: 'string', minLength: 1, maxLength: 8_000 },
} as const
const position = { type: 'integer', minimum: 1, maximum: MOST_RULES } as const

const addBody = {
  type: 'object',
  required: ['rules'],
  additionalProperties: false,
  properties: {
    rules: { ...rules, minItems: 1 },
    at: { ...position, description: 'Where the first of them is to stand, from 1; at the end unless given.' },
    version,
    dryRun: dryRunSchema,
  },
} as const

const setBody = {
  type: 'object',
  required: ['rules'],
  additionalProperties: false,
  properties: { rules, version, dryRun: dryRunSchema },
} as const

const positionParams = {
  type: 'object',
  required: ['name', 'position'],
  properties: { name: nameSchema, position },
} as const

const removeQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { version, dryRun: dryRunSchema },
} as const
const limitQuery = pageQuery(50)

/** Update rules of zones. In force on every edge and writer with the answer, or at most a second later. */
export function ruleRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get<Named>(
    '/zones/:name/rules',
    {
      schema: {
        operationId: 'listRules',
        tags: ['rules'],
        role: 'viewer',
        response: { 200: ruleList },
        problems: ['bad-name', 'zone-not-found'],
        summary: 'Update rules of a zone, in order',
        params: zoneParams,
      },
    },
    async ({ params }, reply) => {
      const list = await listRules(admin.db, params.name)
      return list.ok ? list.value : await sendFailure(reply, list)
    },
  )

  app.get<Named & { Querystring: PageQuery }>(
    '/zones/:name/rules/changes',
    {
      schema: {
        operationId: 'listRuleChanges',
        tags: ['rules'],
        role: 'viewer',
        response: { 200: ruleChanges },
        problems: ['bad-name', 'zone-not-found'],
        summary: 'Who changed the rules, newest first',
        params: zoneParams,
        querystring: limitQuery,
      },
    },
    async ({ params, query }, reply) => {
      const changes = await listRuleChanges(admin.db, params.name, query.limit, query.before)
      return changes.ok ? changes.value : await sendFailure(reply, changes)
    },
  )

  app.post<Named & { Body: DryRun & { rules: string[]; at?: number; version?: number } }>(
    '/zones/:name/rules',
    {
      schema: {
        operationId: 'addRules',
        example: { rules: ['grant laptop subdomain dyn.example.com A AAAA'] },
        tags: ['rules'],
        role: 'operator',
        response: { 201: changedRules },
        problems: ['bad-name', 'zone-not-found', 'bad-rule', 'unknown-key', 'rules-changed'],
        summary: 'Add rules',
        params: zoneParams,
        body: addBody,
      },
    },
    async (request, reply) => {
      const { rules: texts, dryRun, ...where } = request.body
      const edit = { ...where, by: identityOf(request), access: accessOf(request) }
      const added = await doneOrTried(admin, dryRun, (admin) =>
        addRules(admin, request.params.name, texts, edit),
      )
      return added.ok ? await reply.code(201).send(added.value) : await sendFailure(reply, added)
    },
  )

  app.put<Named & { Body: DryRun & { rules: string[]; version?: number } }>(
    '/zones/:name/rules',
    {
      schema: {
        operationId: 'setRules',
        tags: ['rules'],
        role: 'operator',
        response: { 200: changedRules },
        problems: ['bad-name', 'zone-not-found', 'bad-rule', 'unknown-key', 'rules-changed'],
        summary: 'Replace all rules',
        params: zoneParams,
        body: setBody,
      },
    },
    async (request, reply) => {
      const { rules: texts, dryRun, version } = request.body
      const edit = { version, by: identityOf(request), access: accessOf(request) }
      const set = await doneOrTried(admin, dryRun, (admin) =>
        setRules(admin, request.params.name, texts, edit),
      )
      return set.ok ? set.value : await sendFailure(reply, set)
    },
  )

  app.delete<Positioned & { Querystring: DryRun & { version?: number } }>(
    '/zones/:name/rules/:position',
    {
      schema: {
        operationId: 'removeRule',
        tags: ['rules'],
        role: 'operator',
        response: { 200: changedRules },
        problems: ['bad-name', 'zone-not-found', 'bad-rule', 'rules-changed'],
        summary: 'Remove a rule',
        params: positionParams,
        querystring: removeQuery,
      },
    },
    async (request, reply) => {
      const { name, position: at } = request.params
      const { dryRun, version } = request.query
      const edit = { version, by: identityOf(request) }
      const removed = await doneOrTried(admin, dryRun, (admin) => removeRule(admin, name, at, edit))
      return removed.ok ? removed.value : await sendFailure(reply, removed)
    },
  )
}
