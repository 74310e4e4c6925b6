import { encodeResponse, type Message } from '../../../shared/dns/message.ts'
import { type QueryResponse, UDP_SIZE } from './answer-query.ts'

const UDP_WITHOUT_EDNS = 512
const TCP_SIZE = 65_535

/** Octets that an answer may have: RFC 1035 §4.2.1, RFC 6891 §6.2.5. `reserve` octets are kept for what is appended later. */
export function responseLimit(message: Message, transport: 'udp' | 'tcp', reserve = 0): number {
  if (transport === 'tcp') return TCP_SIZE - reserve
  const theirs = message.edns?.udpSize ?? UDP_WITHOUT_EDNS
  return Math.max(UDP_WITHOUT_EDNS, Math.min(theirs, UDP_SIZE)) - reserve
}

/** Encodes within `limit`: first what may be left out goes, and only then is the answer truncated (RFC 2181 §9). */
export function encodeWithin(response: QueryResponse, limit: number): Uint8Array {
  const { optional, ...needed } = response
  if (optional.length > 0) {
    const whole = encodeResponse(
      { ...needed, additionals: [...(needed.additionals ?? []), ...optional] },
      limit,
    )
    if (!whole.truncated) return whole.bytes
  }
  return encodeResponse(needed, limit).bytes
}
