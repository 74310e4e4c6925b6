import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Identity, Source } from '../../../shared/commands.ts'
import { tokenName } from '../admin/tokens.ts'
import type { Db } from '../store/admin-zones.ts'
import { problem, sendProblem } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Name of the token that the request came with; empty where none is asked for. */
    token: string
  }
}

/** Lets a request pass that carries one of our tokens (RFC 6750 §2.1). Runs before the body is read. */
export function requireToken(db: Db) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const presented = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    const name = presented === undefined ? undefined : await tokenName(db, presented)
    if (name !== undefined) {
      request.token = name
      return undefined
    }
    reply.header('www-authenticate', 'Bearer realm="zonelog"')
    return await sendProblem(
      reply,
      presented === undefined
        ? problem(
            401,
            'token-missing',
            'Send the header Authorization: Bearer TOKEN; api-token in the data directory holds one.',
          )
        : problem(
            401,
            'token-unknown',
            'The token is not one of this database; look at ZONELOG_API_TOKEN, or at api-token in the data directory.',
          ),
    )
  }
}

export function identityOf(request: FastifyRequest): Identity {
  return `api:${request.token}`
}

export function sourceOf(request: FastifyRequest): Source {
  return { address: request.ip, port: request.socket.remotePort ?? 0 }
}
