import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AdminContext } from '../../admin/context.ts'
import { problem, sendProblem } from '../problem.ts'
import { CONSOLE_HEADER, isFromOwnPage } from './same-origin.ts'
import { hasSessionCookie, tokenOfCookie } from './session-cookie.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether a cookie stands for the token, be it good or not. */
    bySession: boolean
  }
}

/** Lets the cookie of a browser stand for the token that it was signed in with. Runs before tokens are looked at. */
export function acceptSession({ masterKeys, now }: Pick<AdminContext, 'masterKeys' | 'now'>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (request.headers.authorization !== undefined) return undefined
    request.bySession = hasSessionCookie(request.headers.cookie)
    const token = tokenOfCookie(masterKeys, request.headers.cookie, now())
    if (token === undefined) return undefined
    if (!isFromOwnPage(request))
      return await sendProblem(
        reply,
        problem(
          403,
          'cross-site',
          `Requests with a session come from the console itself, with the header ${CONSOLE_HEADER}; others send Authorization: Bearer TOKEN.`,
        ),
      )
    request.headers.authorization = `Bearer ${token}`
    return undefined
  }
}
