import { Opcode } from '../../../shared/dns/codes.ts'
import { HEADER_OCTETS } from '../../../shared/dns/header.ts'
import { u16 } from '../../../shared/dns/octets.ts'

/** What a datagram is at first sight. */
export const Kind = { QUERY: 0, SIGNED_UPDATE: 1, OTHER_UPDATE: 2, OTHER: 3 } as const
export type Kind = (typeof Kind)[keyof typeof Kind]
export const KINDS = 4

const ADDITIONAL_COUNT = 10

/** From the header alone, so that it costs next to nothing. An update that has an additional section passes for a signed one. */
export function kindOf(message: Uint8Array): Kind {
  if (message.length < HEADER_OCTETS) return Kind.OTHER
  const octet = message[2]!
  if ((octet & 0x80) !== 0) return Kind.OTHER
  switch ((octet >>> 3) & 15) {
    case Opcode.QUERY:
      return Kind.QUERY
    case Opcode.UPDATE:
      return u16(message, ADDITIONAL_COUNT) > 0 ? Kind.SIGNED_UPDATE : Kind.OTHER_UPDATE
    default:
      return Kind.OTHER
  }
}
