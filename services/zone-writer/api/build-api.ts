import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import fastify, { type FastifyInstance } from 'fastify'
import { cameByTls, senderOfRequest } from '../../../shared/http/client-address.ts'
import type { Logger } from '../../../shared/log.ts'
import { Allowance } from './allowance.ts'
import { type Gate, requireToken } from './bearer.ts'
import { consoleRoutes } from './console/serve-console.ts'
import type { ApiContext } from './context.ts'
import { answerFault } from './faults.ts'
import { collectRoutes } from './openapi/collect.ts'
import { documentRoutes } from './openapi/document-routes.ts'
import { problem, sendProblem } from './problem.ts'
import { auditRoutes } from './routes/audit.ts'
import { changeRoutes } from './routes/changes.ts'
import { compactionRoutes } from './routes/compaction.ts'
import { eventStreamRoutes } from './routes/event-streams.ts'
import { eventRoutes } from './routes/events.ts'
import { historyRoutes } from './routes/history.ts'
import { keyRoutes } from './routes/keys.ts'
import { leaseRoutes } from './routes/leases.ts'
import { masterKeyRoutes } from './routes/master-key.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { overviewRoutes } from './routes/overview.ts'
import { rebuildRoutes } from './routes/rebuild.ts'
import { refusalRoutes } from './routes/refusals.ts'
import { restoreRoutes } from './routes/restore.ts'
import { rrsetRoutes } from './routes/rrsets.ts'
import { explainRoutes } from './routes/rule-explain.ts'
import { ruleTrialRoutes } from './routes/rule-trials.ts'
import { ruleRoutes } from './routes/rules.ts'
import { secondariesRoutes } from './routes/secondaries.ts'
import { sessionRoutes } from './routes/session.ts'
import { healthRoutes, statusRoutes } from './routes/status.ts'
import { timelineRoutes } from './routes/timeline.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { undoRoutes } from './routes/undo.ts'
import { updateTokenRoutes } from './routes/update-tokens.ts'
import { verificationRoutes } from './routes/verification.ts'
import { zoneSettingsRoutes } from './routes/zone-settings.ts'
import { zoneRoutes } from './routes/zones.ts'
import { acceptSession } from './session/accept-session.ts'
import { SignIns } from './sign-ins.ts'
import { traceRequests } from './trace-requests.ts'

const MEBIBYTE = 1 << 20
/** Whoever connects and says nothing is not waited for. */
const HTTP = { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 }
const CLOSING_LOOK_MS = 250
const NO_PARAMETERS = { type: 'object', additionalProperties: false, properties: {} } as const

/** The admin API. The caller listens (see listen.ts) and closes it; closing ends what is under way in order. */
export function buildApi(context: ApiContext): FastifyInstance {
  const { admin } = context
  const { log, db } = admin
  const app = fastify({
    logger: false,
    ...(context.certificate ? { https: { ...context.certificate, ...HTTP } } : { http: HTTP }),
    bodyLimit: MEBIBYTE,
    // for a whole request: a zone file comes in as slowly as its sender reads it and Postgres takes it
    requestTimeout: 3_600_000,
    forceCloseConnections: 'idle',
    // a name of 255 octets, each escaped, each percent-encoded
    routerOptions: { maxParamLength: 4_096 },
    ajv: { customOptions: { removeAdditional: false, allErrors: true } },
  })
  app.removeContentTypeParser('text/plain')
  closeInTime(app)
  // answers are described, not cut to their description: test/api holds them against it
  app.setSerializerCompiler(() => JSON.stringify)
  refuseUnknownParameters(app)
  collectRoutes(app)
  app.setErrorHandler(answerFault(log))
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0]
    return await sendProblem(
      reply,
      problem(404, 'no-such-address', `There is no ${request.method} ${path} here.`),
    )
  })
  app.decorate('stallMs', context.stallMs)
  app.decorateRequest('token', '')
  app.decorateRequest('access', undefined)
  app.decorateRequest('bySession', false)
  app.decorateRequest('sender', {
    getter() {
      return senderOfRequest(this.raw, context.proxies)
    },
  })
  app.decorateRequest('byTls', {
    getter() {
      return cameByTls(this.raw, context.proxies)
    },
  })
  logRequests(app, log)
  const gate: Gate = {
    db,
    now: admin.now,
    signIns: new SignIns(),
    requests: new Allowance(context.requestsPerSecond),
  }
  healthRoutes(app, context)
  metricsRoutes(app, context, gate)
  documentRoutes(app)
  consoleRoutes(app)
  app.register(
    async (v1) => {
      if (context.tracing !== undefined) traceRequests(v1, context.tracing)
      v1.addHook('onRequest', acceptSession(context.admin))
      v1.addHook('onRequest', requireToken(gate))
      // what is answered may be for this token only
      v1.addHook('onSend', async (_request, reply) => {
        if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
        reply.header('x-content-type-options', 'nosniff')
      })
      for (const routes of [
        zoneRoutes,
        zoneSettingsRoutes,
        rrsetRoutes,
        secondariesRoutes,
        leaseRoutes,
        eventRoutes,
        eventStreamRoutes,
        historyRoutes,
        timelineRoutes,
        restoreRoutes,
        undoRoutes,
        verificationRoutes,
        rebuildRoutes,
        compactionRoutes,
        keyRoutes,
        updateTokenRoutes,
        masterKeyRoutes,
        refusalRoutes,
        ruleRoutes,
        explainRoutes,
        ruleTrialRoutes,
        statusRoutes,
        overviewRoutes,
        sessionRoutes,
        changeRoutes,
        tokenRoutes,
        auditRoutes,
      ])
        routes(v1, context)
    },
    { prefix: '/v1' },
  )
  return app
}

/** A route that says nothing of parameters takes none: what asks for a dry run where there is none must not be done. */
function refuseUnknownParameters(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/v1/') || route.schema === undefined) return
    route.schema = { querystring: NO_PARAMETERS, ...route.schema }
  })
}

/** While the server closes: connections that are done with their last request, or never sent one, are not kept for another. */
function closeInTime(app: FastifyInstance): void {
  const silent = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  app.server.on('request', ({ socket }: IncomingMessage) => silent.delete(socket))
  app.addHook('preClose', async () => {
    const close = () => {
      app.server.closeIdleConnections()
      for (const socket of silent) socket.destroy()
    }
    const closing = setInterval(close, CLOSING_LOOK_MS).unref()
    app.server.once('close', () => clearInterval(closing))
  })
}

/** Neither bodies nor headers: both may hold secrets. */
function logRequests(app: FastifyInstance, log: Logger): void {
  const started = new WeakMap<object, number>()
  app.addHook('onRequest', async (request) => {
    started.set(request, performance.now())
  })
  app.addHook('onResponse', async (request, reply) => {
    const ms = Math.round(performance.now() - (started.get(request) ?? 0))
    const { method, url, token: by } = request
    log.debug({ method, url, status: reply.statusCode, by, from: request.sender.address, ms }, 'API request')
  })
}
