import type { FastifyInstance } from 'fastify'
import { ROLES } from '../../admin/access.ts'
import { doneOrTried, doneOrTriedSecret } from '../../admin/dry-run.ts'
import { createToken, listTokens, revokeToken, type TokenRequest } from '../../admin/tokens/manage-tokens.ts'
import * as answers from '../answers/access.ts'
import { accessOf, identityOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { type DryRun, dryRunQuery, dryRunSchema, MAX_PAGE, nameSchema } from '../schemas.ts'

const tokenName = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' } as const

const createBody = {
  type: 'object',
  required: ['name', 'role'],
  additionalProperties: false,
  properties: {
    name: { ...tokenName, description: 'Stands in events: letters, digits, dots, - and _.' },
    role: { type: 'string', enum: ROLES },
    zones: {
      type: 'array',
      minItems: 1,
      maxItems: 1_000,
      items: nameSchema,
      description: 'Only these; they need not be there yet. All zones unless given.',
    },
    expiresAt: { type: ['string', 'null'], maxLength: 100, description: 'ISO 8601; never unless given.' },
    dryRun: dryRunSchema,
  },
} as const

const listQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: MAX_PAGE },
    after: { type: 'string', maxLength: 100, description: '`next` of the page before.' },
  },
} as const

const tokenParams = {
  type: 'object',
  required: ['token'],
  properties: { token: { type: 'string', minLength: 1, maxLength: 100 } },
} as const

export function tokenRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get(
    '/me',
    {
      schema: {
        operationId: 'getMe',
        tags: ['access'],
        role: 'viewer',
        forLimited: true,
        summary: 'Who asks: the token, its role and its zones',
        response: { 200: answers.me },
      },
    },
    async (request): Promise<answers.Me> => {
      const { token, role, zones, expiresAt } = accessOf(request)
      return {
        token,
        role,
        zones: zones === undefined ? null : [...zones],
        expiresAt: expiresAt?.toISOString() ?? null,
      }
    },
  )

  app.get<{ Querystring: { limit: number; after?: string } }>(
    '/tokens',
    {
      schema: {
        operationId: 'listTokens',
        tags: ['access'],
        role: 'admin',
        summary: 'Tokens, without their secrets, in the order of their names',
        querystring: listQuery,
        response: { 200: answers.tokenPage },
      },
    },
    async ({ query }) => await listTokens(admin.db, query.limit, query.after, admin.now()),
  )

  app.post<{ Body: DryRun & TokenRequest }>(
    '/tokens',
    {
      schema: {
        operationId: 'createToken',
        tags: ['access'],
        role: 'admin',
        summary: 'Create a token; the answer is the only one that holds its secret',
        body: createBody,
        example: { name: 'dhcp-team', role: 'operator', zones: ['dyn.example.com'] },
        response: { 201: answers.createdToken },
        problems: ['bad-name', 'bad-token', 'token-exists'],
      },
    },
    async (request, reply) => {
      const { dryRun, ...token } = request.body
      const wanted = { ...token, by: identityOf(request) }
      const created = await doneOrTriedSecret(admin, dryRun, (admin) => createToken(admin, wanted))
      return created.ok ? await reply.code(201).send(created.value) : await sendFailure(reply, created)
    },
  )

  app.delete<{ Params: { token: string }; Querystring: DryRun }>(
    '/tokens/:token',
    {
      schema: {
        operationId: 'revokeToken',
        tags: ['access'],
        role: 'admin',
        summary: 'End a token for ever; it stays in the list, and its name stays taken',
        params: tokenParams,
        querystring: dryRunQuery,
        response: { 200: answers.revokedToken },
        problems: ['token-not-found'],
      },
    },
    async (request, reply) => {
      const { params, query } = request
      const revoked = await doneOrTried(admin, query.dryRun, (admin) =>
        revokeToken(admin, params.token, identityOf(request)),
      )
      return revoked.ok ? revoked.value : await sendFailure(reply, revoked)
    },
  )
}
