import { Class, Type } from '../../../../shared/dns/codes.ts'
import { rdataKey } from '../../../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../../../shared/dns/record.ts'

/** A second record of these takes the place of the first (RFC 2136 §1.1.1, RFC 6672 §2.4). */
export const ALONE: ReadonlySet<number> = new Set([Type.CNAME, Type.DNAME])

/** Which values of one RRset an update wants there, or gone, when all that it asks for is done; `known` are the values that ever were. */
export function wantedOf(
  type: number,
  asked: readonly ResourceRecord[],
  known: readonly string[],
  atApex: boolean,
): Map<string, boolean> {
  const wanted = new Map<string, boolean>()
  const allGone = () => {
    for (const key of [...known, ...wanted.keys()]) wanted.set(key, false)
  }
  // RFC 2136 §3.4.2.3
  const keepsAll = atApex && type === Type.NS
  for (const record of asked) {
    if (record.class === Class.ANY) {
      if (!keepsAll && (record.type === Type.ANY || record.type === type)) allGone()
    } else if (record.type === type) {
      if (record.class === Class.IN && ALONE.has(type)) allGone()
      wanted.set(rdataKey(type, record.rdata), record.class === Class.IN)
    }
  }
  return wanted
}
