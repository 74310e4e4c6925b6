import type { FastifyRequest } from 'fastify'

/** Whoever forges the header gets a cookie that is sent less often, not more. */
export function cameByTls(request: FastifyRequest): boolean {
  return request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https'
}
