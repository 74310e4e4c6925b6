import type { FastifyInstance } from 'fastify'
import { reseal } from '../../admin/reseal.ts'
import { resealed as resealedAnswer } from '../answers/keys.ts'
import { identityOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'

const resealBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    check: { type: 'boolean', description: 'Only tell who has the next master key.' },
    force: { type: 'boolean', description: 'Also when an edge or writer lacks it.' },
  },
} as const

export function masterKeyRoutes(app: FastifyInstance, { admin, masterKeyHolders }: ApiContext): void {
  app.post<{ Body: { check?: boolean; force?: boolean } }>(
    '/master-key/reseal',
    {
      schema: {
        operationId: 'reseal',
        tags: ['keys'],
        role: 'admin',
        response: { 200: resealedAnswer },
        problems: ['master-key-missing'],
        summary: 'Seal all secrets under the next master key',
        body: resealBody,
      },
    },
    async (request, reply) => {
      const resealed = await reseal(admin, masterKeyHolders, { ...request.body, by: identityOf(request) })
      return resealed.ok ? resealed.value : await sendFailure(reply, resealed)
    },
  )
}
