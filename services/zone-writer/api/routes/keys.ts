import type { FastifyInstance } from 'fastify'
import { doneOrTried, doneOrTriedSecret } from '../../admin/dry-run.ts'
import { createKey, type KeyRequest } from '../../admin/keys/create-key.ts'
import { keyUsage } from '../../admin/keys/key-usage.ts'
import { keyFilter, keyLack } from '../../admin/keys/keys-seen.ts'
import { listKeys, showKey } from '../../admin/keys/list-keys.ts'
import { removeKey, revokeKey } from '../../admin/keys/revoke-key.ts'
import { type RotateRequest, rotateKey } from '../../admin/keys/rotate-key.ts'
import { type KeySettings, setKey } from '../../admin/keys/set-key.ts'
import { createSig0Key, type Sig0KeyRequest } from '../../admin/keys/sig0-key.ts'
import * as answers from '../answers/keys.ts'
import { accessOf, identityOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import type { DryRun } from '../schemas.ts'
import {
  createKeyBody,
  keyListQuery,
  keyParams,
  keySettingsBody,
  keyUsageQuery,
  removeKeyQuery,
  revokeKeyBody,
  rotateKeyBody,
} from './key-schemas.ts'

type Named = { Params: { name: string } }

/** TSIG keys. Answers that hold a secret are the only ones that ever will, and are not to be stored. */
export function keyRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get<{ Querystring: { limit: number; after?: string } }>(
    '/keys',
    {
      schema: {
        operationId: 'listKeys',
        forLimited: true,
        tags: ['keys'],
        role: 'viewer',
        response: { 200: answers.keyPage },
        summary: 'TSIG keys, without their secrets, in the order of their names',
        querystring: keyListQuery,
      },
    },
    async (request) => {
      const { limit, after = '' } = request.query
      const isSeen = await keyFilter(admin.db, accessOf(request))
      const rest = (await listKeys(admin.db, admin.now())).filter((key) => isSeen(key) && key.name > after)
      return { keys: rest.slice(0, limit), next: rest.length > limit ? rest[limit - 1]!.name : undefined }
    },
  )

  app.post<{ Body: DryRun & (KeyRequest | Sig0KeyRequest) }>(
    '/keys',
    {
      schema: {
        operationId: 'createKey',
        forLimited: true,
        example: { name: 'laptop' },
        tags: ['keys'],
        role: 'operator',
        response: { 201: answers.createdKey },
        problems: ['bad-name', 'bad-key', 'key-exists'],
        summary:
          'Create a TSIG key; the answer is the only one that holds its secret. Or register a public key',
        body: createKeyBody,
      },
    },
    async (request, reply) => {
      const { dryRun, ...body } = request.body
      const lack = await keyLack(admin.db, accessOf(request), body.name, 'create')
      if (lack !== undefined) return await sendFailure(reply, lack)
      const by = identityOf(request)
      const created =
        'publicKey' in body
          ? await doneOrTried(admin, dryRun, (admin) => createSig0Key(admin, { ...body, by }))
          : await doneOrTriedSecret(admin, dryRun, (admin) => createKey(admin, { ...body, by }))
      if (!created.ok) return await sendFailure(reply, created)
      return await reply.code(201).header('cache-control', 'no-store').send(created.value)
    },
  )

  app.get<Named>(
    '/keys/:name',
    {
      schema: {
        operationId: 'getKey',
        forLimited: true,
        tags: ['keys'],
        role: 'viewer',
        response: { 200: answers.keyDetails },
        problems: ['bad-name', 'key-not-found'],
        summary: 'One key: its secrets (not what they are), who names it, who changed it',
        params: keyParams,
      },
    },
    async (request, reply) => {
      const key = await showKey(admin.db, request.params.name, admin.now(), accessOf(request))
      return key.ok ? key.value : await sendFailure(reply, key)
    },
  )

  app.get<Named & { Querystring: { old?: boolean } }>(
    '/keys/:name/usage',
    {
      schema: {
        operationId: 'getKeyUsage',
        forLimited: true,
        tags: ['keys'],
        role: 'viewer',
        response: { 200: answers.keyUsage },
        problems: ['bad-name', 'key-not-found'],
        summary: 'Who signs with a key, from where, with which secret',
        params: keyParams,
        querystring: keyUsageQuery,
      },
    },
    async ({ params, query }, reply) => {
      const usage = await keyUsage(admin.db, params.name, query.old ?? false, admin.now())
      return usage.ok ? usage.value : await sendFailure(reply, usage)
    },
  )

  app.patch<Named & { Body: DryRun & KeySettings }>(
    '/keys/:name',
    {
      schema: {
        operationId: 'setKey',
        forLimited: true,
        tags: ['keys'],
        role: 'operator',
        response: { 200: answers.changedKey },
        problems: ['bad-name', 'bad-key', 'key-not-found'],
        summary: 'Set when a key expires, and its least MAC',
        params: keyParams,
        body: keySettingsBody,
      },
    },
    async (request, reply) => {
      const { dryRun, ...settings } = request.body
      const wanted = { ...settings, by: identityOf(request) }
      const set = await doneOrTried(admin, dryRun, (admin) => setKey(admin, request.params.name, wanted))
      return set.ok ? set.value : await sendFailure(reply, set)
    },
  )

  app.delete<Named & { Querystring: DryRun & { force?: boolean } }>(
    '/keys/:name',
    {
      schema: {
        operationId: 'deleteKey',
        forLimited: true,
        tags: ['keys'],
        role: 'operator',
        response: { 200: answers.endedKey },
        problems: ['bad-name', 'key-not-found', 'key-in-use'],
        summary: 'Delete a key',
        params: keyParams,
        querystring: removeKeyQuery,
      },
    },
    async (request, reply) => {
      const { dryRun, ...how } = request.query
      const wanted = { ...how, by: identityOf(request), reader: accessOf(request) }
      const removed = await doneOrTried(admin, dryRun, (admin) =>
        removeKey(admin, request.params.name, wanted),
      )
      return removed.ok ? removed.value : await sendFailure(reply, removed)
    },
  )

  secretRoutes(app, { admin })
}

function secretRoutes(app: FastifyInstance, { admin }: Pick<ApiContext, 'admin'>): void {
  app.post<Named & { Body: DryRun & RotateRequest }>(
    '/keys/:name/rotate',
    {
      schema: {
        operationId: 'rotateKey',
        forLimited: true,
        tags: ['keys'],
        role: 'operator',
        response: { 200: answers.rotatedKey },
        problems: ['bad-name', 'bad-key', 'key-not-found'],
        summary: 'Give a key a new secret; the ones before live on for the overlap',
        params: keyParams,
        body: rotateKeyBody,
      },
    },
    async (request, reply) => {
      const { dryRun, ...how } = request.body
      const wanted = { ...how, by: identityOf(request) }
      const rotated = await doneOrTriedSecret(admin, dryRun, (admin) =>
        rotateKey(admin, request.params.name, wanted),
      )
      if (!rotated.ok) return await sendFailure(reply, rotated)
      return await reply.header('cache-control', 'no-store').send(rotated.value)
    },
  )

  app.post<Named & { Body: DryRun & { secret?: number; force?: boolean } }>(
    '/keys/:name/revoke',
    {
      schema: {
        operationId: 'revokeKey',
        forLimited: true,
        tags: ['keys'],
        role: 'operator',
        response: { 200: answers.endedKey },
        problems: ['bad-name', 'bad-key', 'key-not-found', 'key-in-use'],
        summary: 'End secrets of a key for ever',
        params: keyParams,
        body: revokeKeyBody,
      },
    },
    async (request, reply) => {
      const { dryRun, ...which } = request.body
      const wanted = { ...which, by: identityOf(request), reader: accessOf(request) }
      const revoked = await doneOrTried(admin, dryRun, (admin) =>
        revokeKey(admin, request.params.name, wanted),
      )
      return revoked.ok ? revoked.value : await sendFailure(reply, revoked)
    },
  )
}
