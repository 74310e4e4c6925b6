import type { FastifyInstance } from 'fastify'
import { answerProbe, readinessProbe } from '../../../../shared/health.ts'
import { ourVersion } from '../../../../shared/version.ts'
import { zonesSeen } from '../../admin/access.ts'
import type { WriterHealth } from '../../health.ts'
import { forReader } from '../../presence/for-reader.ts'
import { RUNS_FRESH_MS, type WhatRuns, whatRuns } from '../../presence/what-runs.ts'
import { countAll } from '../../store/admin-zones.ts'
import { status as statusAnswer } from '../answers/system.ts'
import { accessOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { SharedAnswers } from '../shared-answers.ts'

export interface StatusJson extends WhatRuns {
  readonly zones: number
  readonly events: number
  /** The writer that answers. */
  readonly writer: string
  readonly health: WriterHealth
  readonly versions: Versions
}

/** Of the writer that answers, and of the servers that it talks to. */
export interface Versions {
  readonly writer: string
  readonly postgres: string
  /** Not there while it is not connected. */
  readonly nats?: string
}

export function statusRoutes(app: FastifyInstance, context: ApiContext): void {
  const { admin, health, serverVersions } = context
  const runs = new SharedAnswers<WhatRuns>(RUNS_FRESH_MS)
  app.get(
    '/status',
    {
      schema: {
        operationId: 'getStatus',
        forLimited: true,
        tags: ['system'],
        role: 'viewer',
        response: { 200: statusAnswer },
        summary: 'What runs, and how it is',
      },
    },
    async (request): Promise<StatusJson> => {
      const access = accessOf(request)
      const [counts, running, servers, now] = await Promise.all([
        countAll(admin.db, zonesSeen(access)),
        runs.get('', admin.now(), () => whatRuns(context)),
        serverVersions(),
        health(),
      ])
      const versions = { writer: ourVersion(), ...servers }
      return { ...counts, ...forReader(access, running), writer: admin.writerId, health: now, versions }
    },
  )
}

/** Without a token, for probes: they tell no names. */
export function healthRoutes(app: FastifyInstance, { health }: ApiContext): void {
  app.get('/healthz', async (_request, reply) => {
    const now = await health()
    return await reply.code(now.live ? 200 : 503).send(now)
  })
  app.get('/livez', async (_request, reply) => {
    const { code, body } = answerProbe(await health(), 'live')
    return await reply.code(code).send(body)
  })
  app.get('/readyz', async (request, reply) => {
    const { code, body } = answerProbe(await health(), readinessProbe(request.query))
    return await reply.code(code).send(body)
  })
}
