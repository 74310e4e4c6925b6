import type { FastifyInstance } from 'fastify'
import { LONGEST_LEASE_S } from '../../../../shared/zone-settings.ts'
import { doneOrTried, doneOrTriedSecret } from '../../admin/dry-run.ts'
import {
  createUpdateToken,
  listUpdateTokens,
  revokeUpdateToken,
  type UpdateTokenRequest,
} from '../../admin/keys/update-tokens.ts'
import * as answers from '../answers/update-tokens.ts'
import { accessOf, identityOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { type DryRun, dryRunQuery, dryRunSchema, nameSchema } from '../schemas.ts'
import { keyParams } from './key-schemas.ts'

type Named = { Params: { name: string } }

const tokenName = { type: 'string', minLength: 1, maxLength: 63 } as const

const createBody = {
  type: 'object',
  required: ['name', 'hosts'],
  additionalProperties: false,
  properties: {
    name: { ...tokenName, description: 'What you call it; the log names it.' },
    hosts: {
      type: 'array',
      minItems: 1,
      maxItems: 100,
      items: nameSchema,
      description: 'Names that it may change; *.NAME is every name below.',
    },
    expiresAt: { type: ['string', 'null'], maxLength: 100, description: 'ISO 8601; never unless given.' },
    leaseSeconds: {
      type: ['integer', 'null'],
      minimum: 1,
      maximum: LONGEST_LEASE_S,
      description: 'What it sets goes unless it is set again in that time, where the zone grants leases.',
    },
    dryRun: dryRunSchema,
  },
} as const

const tokenParams = {
  type: 'object',
  required: ['name', 'token'],
  properties: { name: nameSchema, token: tokenName },
} as const

/** Tokens for HTTP updates. The answer that creates one is the only one that ever holds it. */
export function updateTokenRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get<Named>(
    '/keys/:name/update-tokens',
    {
      schema: {
        operationId: 'listUpdateTokens',
        forLimited: true,
        tags: ['keys'],
        role: 'viewer',
        response: { 200: answers.updateTokenPage },
        problems: ['bad-name', 'bad-key', 'key-not-found'],
        summary: 'Tokens of a key for HTTP updates, without what they are',
        params: keyParams,
      },
    },
    async (request, reply) => {
      const tokens = await listUpdateTokens(admin.db, request.params.name, admin.now(), accessOf(request))
      return tokens.ok ? { tokens: tokens.value } : await sendFailure(reply, tokens)
    },
  )

  app.post<Named & { Body: DryRun & Omit<UpdateTokenRequest, 'by'> }>(
    '/keys/:name/update-tokens',
    {
      schema: {
        operationId: 'createUpdateToken',
        forLimited: true,
        example: { name: 'router', hosts: ['home.example.com'] },
        tags: ['keys'],
        role: 'operator',
        response: { 201: answers.createdUpdateToken },
        problems: ['bad-name', 'bad-key', 'key-not-found', 'bad-update-token', 'update-token-exists'],
        summary: 'Create a token for HTTP updates of some hosts; the answer is the only one that holds it',
        params: keyParams,
        body: createBody,
      },
    },
    async (request, reply) => {
      const { dryRun, ...token } = request.body
      const wanted = { ...token, by: identityOf(request) }
      const created = await doneOrTriedSecret(admin, dryRun, (admin) =>
        createUpdateToken(admin, request.params.name, wanted),
      )
      if (!created.ok) return await sendFailure(reply, created)
      return await reply.code(201).header('cache-control', 'no-store').send(created.value)
    },
  )

  app.delete<{ Params: { name: string; token: string }; Querystring: DryRun }>(
    '/keys/:name/update-tokens/:token',
    {
      schema: {
        operationId: 'revokeUpdateToken',
        forLimited: true,
        tags: ['keys'],
        role: 'operator',
        response: { 200: answers.revokedUpdateToken },
        problems: ['bad-name', 'bad-key', 'key-not-found', 'update-token-not-found'],
        summary: 'End a token for HTTP updates',
        params: tokenParams,
        querystring: dryRunQuery,
      },
    },
    async (request, reply) => {
      const { name, token } = request.params
      const revoked = await doneOrTried(admin, request.query.dryRun, (admin) =>
        revokeUpdateToken(admin, name, token, identityOf(request)),
      )
      return revoked.ok ? revoked.value : await sendFailure(reply, revoked)
    },
  )
}
