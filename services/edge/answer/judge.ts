import { Class, isMetaType, Rcode, Type } from '../../../shared/dns/codes.ts'
import { type EdnsOption, ExtendedErrorCode, extendedError } from '../../../shared/dns/edns.ts'
import type { CookieVerdict } from './cookies.ts'
import type { Query } from './query.ts'

/** What is said without records. */
export interface Unanswered {
  readonly rcode: number
  readonly extendedError?: EdnsOption
}

export const NOT_OURS: Unanswered = refusal(Rcode.REFUSED, ExtendedErrorCode.NOT_AUTHORITATIVE)
export const UNAVAILABLE: Unanswered = refusal(
  Rcode.SERVFAIL,
  ExtendedErrorCode.NOT_READY,
  'the zone is not at hand',
)
/** RFC 8914 §4.25 names a zone that has expired. */
export const EXPIRED: Unanswered = refusal(
  Rcode.SERVFAIL,
  ExtendedErrorCode.INVALID_DATA,
  'the zone has expired here',
)
export const NOT_SAID: Unanswered = refusal(Rcode.REFUSED, ExtendedErrorCode.PROHIBITED)
const NOT_DONE: Unanswered = refusal(Rcode.NOTIMP, ExtendedErrorCode.NOT_SUPPORTED)
const FORMERR: Unanswered = { rcode: Rcode.FORMERR }
const BADVERS: Unanswered = { rcode: Rcode.BADVERS }
/** Also instead of a truncated answer, to a client that can come back with a cookie (RFC 7873 §5.2.3). */
export const BADCOOKIE: Unanswered = { rcode: Rcode.BADCOOKIE }
const NOERROR: Unanswered = { rcode: Rcode.NOERROR }

/**
 * What is wrong with the query as such: undefined when a zone is to be asked, or class CH. `demanded` says that a client with
 * cookies has to show a valid one here (RFC 7873 §5.2.3).
 */
export function judge(query: Query, cookie: CookieVerdict, demanded: boolean): Unanswered | undefined {
  const { edns, questions } = query
  if (edns !== undefined && edns.version !== 0) return BADVERS
  if (cookie === 'malformed') return FORMERR
  const isBad = cookie === 'bad'
  // RFC 7873 §5.4: a question about cookies alone
  if (questions === 0 && cookie !== 'none') return isBad ? BADCOOKIE : NOERROR
  if (questions !== 1) return FORMERR
  if (demanded && (isBad || cookie === 'new')) return BADCOOKIE
  return query.class === Class.CH ? undefined : judgeQuestion(query)
}

function judgeQuestion(query: Query): Unanswered | undefined {
  const { type } = query
  if (query.class !== Class.IN) return NOT_OURS
  if (type < 128 && type !== 0 && type !== Type.OPT) return undefined
  if (type === Type.AXFR || type === Type.IXFR) return NOT_SAID
  if (type === Type.MAILA || type === Type.MAILB) return NOT_DONE
  return isMetaType(type) && type !== Type.ANY ? FORMERR : undefined
}

function refusal(rcode: number, code: ExtendedErrorCode, text?: string): Unanswered {
  return { rcode, extendedError: extendedError(code, text) }
}
