import type { FastifyInstance } from 'fastify'
import { createKey, type KeyRequest, listKeys } from '../../admin/keys.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { nameSchema } from '../schemas.ts'

const createBody = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: nameSchema,
    algorithm: { type: 'string', maxLength: 100, description: 'hmac-sha256 unless given.' },
    secret: { type: 'string', maxLength: 2_000, description: 'Base64; made at random unless given.' },
  },
} as const

export function keyRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  app.get('/keys', { schema: { summary: 'TSIG keys, without their secrets' } }, async () => ({
    keys: await listKeys(admin.db),
  }))

  app.post<{ Body: KeyRequest }>(
    '/keys',
    {
      schema: {
        summary: 'Create a TSIG key; the answer is the only one that holds its secret',
        body: createBody,
      },
    },
    async (request, reply) => {
      const created = await createKey(admin, request.body)
      if (!created.ok) return await sendFailure(reply, created)
      return await reply.code(201).header('cache-control', 'no-store').send(created.value)
    },
  )
}
