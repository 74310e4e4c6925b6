import type { FastifyInstance, FastifyRequest } from 'fastify'
import { bearerIn } from '../../../../shared/http/bearer.ts'
import { type SessionJson, session } from '../answers/session.ts'
import { accessOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { SESSION_MS, sealSession, setCookie } from '../session/session-cookie.ts'

/** How a browser signs in: with a token once, and from then on with a cookie that its scripts cannot read. */
export function sessionRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  const { masterKeys, now } = admin

  function begin(request: FastifyRequest): { cookie: string; began: SessionJson } {
    const token = bearerIn(request.headers) ?? ''
    const expiresAt = now() + SESSION_MS
    const cookie = setCookie(sealSession(masterKeys, { token, expiresAt }), request.byTls)
    return { cookie, began: sessionJson(request, expiresAt) }
  }

  const described = { tags: ['access'], role: 'viewer', forLimited: true } as const

  app.post(
    '/session',
    {
      schema: {
        ...described,
        operationId: 'signIn',
        summary: 'Sign a browser in: the token of the Authorization header becomes a cookie',
        response: { 201: session },
      },
    },
    async (request, reply) => {
      const { cookie, began } = begin(request)
      return await reply.code(201).header('set-cookie', cookie).send(began)
    },
  )

  app.get(
    '/session',
    {
      schema: {
        ...described,
        operationId: 'showSession',
        summary: 'Who asks, and until when; a session begins anew',
        response: { 200: session },
      },
    },
    async (request, reply) => {
      const { cookie, began } = begin(request)
      if (request.headers.cookie !== undefined) reply.header('set-cookie', cookie)
      return began
    },
  )

  app.delete(
    '/session',
    {
      schema: {
        ...described,
        operationId: 'signOut',
        summary: 'Sign a browser out',
        response: { 200: session },
      },
    },
    async (request, reply) => {
      reply.header('set-cookie', setCookie('', request.byTls))
      return sessionJson(request, now())
    },
  )
}

function sessionJson(request: FastifyRequest, expiresAt: number): SessionJson {
  const { token: name, role, zones } = accessOf(request)
  return {
    name,
    role,
    zones: zones === undefined ? null : [...zones],
    expiresAt: new Date(expiresAt).toISOString(),
  }
}
