import type { FastifyInstance } from 'fastify'
import { secondariesOf } from '../../admin/secondaries.ts'
import { secondaries as secondariesAnswer } from '../answers/zones.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { zoneParams } from '../schemas.ts'

export function secondariesRoutes(app: FastifyInstance, { admin, secondaries }: ApiContext): void {
  app.get<{ Params: { name: string } }>(
    '/zones/:name/secondaries',
    {
      schema: {
        operationId: 'getSecondaries',
        tags: ['zones'],
        role: 'viewer',
        response: { 200: secondariesAnswer },
        problems: ['bad-name', 'zone-not-found'],
        summary: 'Servers that follow a zone, and where they stand',
        params: zoneParams,
      },
    },
    async ({ params }, reply) => {
      const found = await secondariesOf(admin.db, params.name, secondaries)
      return found.ok ? found.value : await sendFailure(reply, found)
    },
  )
}
