import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { MetricsAccess } from '../config/who-asks.ts'
import { bearerIn } from './bearer.ts'
import { isIn, type ProxyRange, peerOf, surelySpokenFor } from './client-address.ts'

export type MetricsRefusal = 'missing' | 'unknown'

export const METRICS_REFUSED: Readonly<Record<MetricsRefusal, string>> = {
  missing:
    'From this address /metrics needs a token: send the header Authorization: Bearer TOKEN with that of ZONELOG_METRICS_TOKEN, or let this address in by ZONELOG_METRICS_FROM.',
  unknown: 'The token is not that of ZONELOG_METRICS_TOKEN.',
}

/** What proxies add to requests that they pass on. */
const PASSED_ON = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const

/** Why a request gets no metrics, in which names of zones and keys are; undefined where it does. */
export function metricsRefusal(
  request: Pick<IncomingMessage, 'socket' | 'headers'>,
  { from, token }: MetricsAccess,
  proxies: readonly ProxyRange[],
): MetricsRefusal | undefined {
  if (isOpenTo(request, from, proxies)) return undefined
  const presented = bearerIn(request.headers)
  if (presented === undefined) return 'missing'
  return token !== undefined && isSame(presented, token) ? undefined : 'unknown'
}

function isOpenTo(
  request: Pick<IncomingMessage, 'socket' | 'headers'>,
  from: MetricsAccess['from'],
  proxies: readonly ProxyRange[],
): boolean {
  const isPassedOn = PASSED_ON.some((name) => request.headers[name] !== undefined)
  // who runs on this machine and was asked by others may speak for anybody, unless it is trusted and says for whom
  const asks = isPassedOn ? surelySpokenFor(request, proxies) : peerOf(request).address
  return asks !== undefined && isIn(asks, from)
}

/** In a time that tells nothing of the token. */
function isSame(presented: string, token: string): boolean {
  const [one, other] = [presented, token].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(one!, other!)
}
