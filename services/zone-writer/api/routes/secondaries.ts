import type { FastifyInstance } from 'fastify'
import { secondariesOf } from '../../admin/secondaries.ts'
import type { ApiContext } from '../context.ts'
import { sendFailure } from '../problem.ts'
import { zoneParams } from '../schemas.ts'

export function secondariesRoutes(app: FastifyInstance, { admin, secondaries }: ApiContext): void {
  app.get<{ Params: { name: string } }>(
    '/zones/:name/secondaries',
    { schema: { summary: 'Servers that follow a zone, and where they stand', params: zoneParams } },
    async ({ params }, reply) => {
      const found = await secondariesOf(admin.db, params.name, secondaries)
      return found.ok ? found.value : await sendFailure(reply, found)
    },
  )
}
