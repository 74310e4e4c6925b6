import type { FastifyInstance } from 'fastify'
import { type OverviewMemory, overview } from '../../overview/overview.ts'
import { SecondaryWatch } from '../../overview/secondary-watch.ts'
import { RUNS_FRESH_MS } from '../../presence/what-runs.ts'
import { overviewAnswer } from '../answers/overview.ts'
import { accessOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { SharedAnswers } from '../shared-answers.ts'

/** Histories are counted for a token that is for some zones. */
const SOME_ZONES_FRESH_MS = 3_000

export function overviewRoutes(app: FastifyInstance, context: ApiContext): void {
  const memory: OverviewMemory = {
    secondaries: new SecondaryWatch(context.secondaries),
    runs: new SharedAnswers(RUNS_FRESH_MS),
    ofAll: new SharedAnswers(RUNS_FRESH_MS),
    ofSome: new SharedAnswers(SOME_ZONES_FRESH_MS),
  }
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
    async (request) => await overview(context, memory, accessOf(request)),
  )
}
