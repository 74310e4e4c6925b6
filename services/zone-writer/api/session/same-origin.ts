import type { FastifyRequest } from 'fastify'

/** A page of another origin cannot send it: browsers ask first (CORS), and we allow nobody. */
export const CONSOLE_HEADER = 'x-zonelog-console'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Whether a request that a cookie authenticates comes from our own pages: SameSite alone would let pages of other ports of this host in.
 * Whatever only reads may come without the header, as downloads and streams of events do.
 */
export function isFromOwnPage({ method, headers }: Pick<FastifyRequest, 'method' | 'headers'>): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  if (SAFE.has(method)) return true
  if (headers[CONSOLE_HEADER] === undefined) return false
  return headers.origin === undefined || hostOf(headers.origin) === headers.host
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
