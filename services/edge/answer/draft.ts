import { type EdnsOption, optLength, writeOpt } from '../../../shared/dns/edns.ts'
import { encodeResponse, type ResponseParts } from '../../../shared/dns/message.ts'
import { putU16, u16 } from '../../../shared/dns/octets.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import type { Query } from './query.ts'

/** An answer as octets, but for what differs from one client to the next: id, RD and OPT. */
export interface Draft {
  readonly bytes: Uint8Array
  /** All twelve bits of it. */
  readonly rcode: number
  /** What counts together for rate limiting. */
  readonly kind: number
  readonly extendedError?: EdnsOption
}

const TC = 0x02

/**
 * Encodes within `limit`: first what may be left out (`optional`, of the additional section) goes, and only then is the answer
 * truncated (RFC 2181 §9).
 */
export function encodeWithin(
  parts: ResponseParts,
  optional: readonly ResourceRecord[],
  limit: number,
): Uint8Array {
  if (optional.length > 0) {
    const whole = encodeResponse(
      { ...parts, additionals: [...(parts.additionals ?? []), ...optional] },
      limit,
    )
    if (!whole.truncated) return whole.bytes
  }
  return encodeResponse(parts, limit).bytes
}

export function isTruncated(bytes: Uint8Array): boolean {
  return (bytes[2]! & TC) !== 0
}

/** The answer to this query: the draft with its id, RD and, where the query had EDNS, an OPT with these options. */
export function compose(
  { bytes, rcode }: Draft,
  { id, rd, edns }: Query,
  udpSize: number,
  options: readonly EdnsOption[],
): Uint8Array {
  const out = Buffer.allocUnsafe(bytes.length + (edns === undefined ? 0 : optLength(options)))
  out.set(bytes)
  putU16(out, 0, id)
  if (rd) out[2] = out[2]! | 1
  if (edns !== undefined) {
    // RFC 3225 §3: the DO bit comes back as it was sent
    writeOpt(out, bytes.length, { udpSize, dnssecOk: edns.dnssecOk, options }, rcode)
    putU16(out, 10, u16(out, 10) + 1)
  }
  return out
}
