import type { FastifyInstance } from 'fastify'
import { overview } from '../../overview/overview.ts'
import { SecondaryWatch } from '../../overview/secondary-watch.ts'
import { overviewAnswer } from '../answers/overview.ts'
import { accessOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'

export function overviewRoutes(app: FastifyInstance, context: ApiContext): void {
  const watch = new SecondaryWatch(context.secondaries)
  app.get(
    '/overview',
    {
      schema: {
        operationId: 'getOverview',
        forLimited: true,
        tags: ['system'],
        role: 'viewer',
        summary: 'The last hour minute by minute, what runs, and what somebody should see to',
        response: { 200: overviewAnswer },
      },
    },
    async (request) => await overview(context, watch, accessOf(request)),
  )
}
