import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Identity, Source } from '../../../shared/commands.ts'
import { bearerIn } from '../../../shared/http/bearer.ts'
import type { Access } from '../admin/access.ts'
import type { Failure } from '../admin/failure.ts'
import { type KeyAct, keyLack } from '../admin/keys/keys-seen.ts'
import { accessOfToken, type TokenState } from '../admin/tokens/look-up.ts'
import type { Db } from '../store/admin-zones.ts'
import type { Allowance } from './allowance.ts'
import { lackOf } from './authorise.ts'
import { type Problem, problem, problemOf, sendProblem } from './problem.ts'
import { setCookie } from './session/session-cookie.ts'
import type { SignIns } from './sign-ins.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Name of the token that the request came with; empty where none is asked for. */
    token: string
    /** Undefined where no token is asked for. */
    access: Access | undefined
  }
}

export interface Gate {
  readonly db: Db
  readonly now: () => number
  readonly signIns: SignIns
  /** Requests of each token. */
  readonly requests: Allowance
}

/** Lets a request pass that carries a token (RFC 6750 §2.1) which may do what it asks for. Runs before the body is read. */
export function requireToken(gate: Gate) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const access = await admit(gate, request, reply)
    if ('status' in access) return await sendProblem(reply, access)
    request.access = access
    const lack = (await lackOf(gate.db, access, request)) ?? (await lackForKey(gate.db, access, request))
    return lack === undefined ? undefined : await sendProblem(reply, problemOf(lack))
  }
}

/** Who asks, within what one token may ask; or why not. */
export async function admit(
  gate: Gate,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Access | Problem> {
  const access = await signIn(gate, request, reply)
  if ('status' in access) return access
  request.token = access.token
  const wait = gate.requests.take(access.token, gate.now())
  if (wait === 0) return access
  reply.header('retry-after', wait)
  const detail = `The token ${access.token} asks too often; go on in ${wait} s.`
  return problem(429, 'too-many-requests', detail)
}

async function lackForKey(db: Db, access: Access, request: FastifyRequest): Promise<Failure | undefined> {
  const { name } = request.params as { name?: string }
  if (name === undefined || !request.routeOptions.url?.startsWith('/v1/keys/:name')) return undefined
  return await keyLack(db, access, name, actOf(request))
}

function actOf({ method, routeOptions: { url = '' } }: FastifyRequest): KeyAct {
  if (method === 'GET') return url.endsWith('/usage') ? 'see-whole' : 'see'
  return method === 'DELETE' || url.endsWith('/revoke') ? 'end' : 'change'
}

/** Who asks. Other ways to sign in than a token are looked at here. */
async function signIn(
  { db, now, signIns }: Gate,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Access | Problem> {
  const presented = bearerIn(request.headers)
  if (presented === undefined) return refused(reply, 'missing')
  const from = request.sender.address
  const wait = signIns.wait(from, presented, now())
  if (wait > 0) {
    reply.header('retry-after', wait)
    const detail = `Too many tokens from ${from} were wrong; try again in ${wait} s.`
    return problem(429, 'too-many-sign-ins', detail)
  }
  const access = await accessOfToken(db, presented, now())
  if (typeof access !== 'string') {
    signIns.succeeded(presented)
    return access
  }
  // whoever sends one that has ended knew it: that is an old script or a session of ours, and no guess
  if (access === 'unknown' && !request.bySession) signIns.failed(from, presented, now())
  return refused(reply, access)
}

const DETAILS: Readonly<Record<TokenState | 'missing', string>> = {
  missing: 'Send the header Authorization: Bearer TOKEN; api-token in the data directory holds one.',
  unknown:
    'The token is not one of this database; look at ZONELOG_API_TOKEN, or at api-token in the data directory.',
  expired: 'The token has expired; have an admin make another: zonelog token create NAME.',
  revoked: 'The token was revoked; have an admin make another: zonelog token create NAME.',
}

function refused(reply: FastifyReply, state: TokenState | 'missing'): Problem {
  reply.header('www-authenticate', 'Bearer realm="zonelog"')
  if (reply.request.bySession) reply.header('set-cookie', setCookie('', reply.request.byTls))
  return problem(401, `token-${state}`, DETAILS[state])
}

export function accessOf(request: FastifyRequest): Access {
  if (request.access === undefined) throw new Error(`${request.url} asks for no token`)
  return request.access
}

export function identityOf(request: FastifyRequest): Identity {
  return `api:${request.token}`
}

export function sourceOf(request: FastifyRequest): Source {
  return request.sender
}
