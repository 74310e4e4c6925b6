import { Class, Opcode, Type } from '../../../shared/dns/codes.ts'
import { HEADER_OCTETS } from '../../../shared/dns/header.ts'
import { readHeader } from '../../../shared/dns/message.ts'
import { canonicalName, type Name, readName } from '../../../shared/dns/name.ts'
import { u16 } from '../../../shared/dns/octets.ts'

/** The name whose SOA a message asks for; undefined when it asks for anything else. Whoever sent it, signed or not. */
export function readSoaQuery(bytes: Uint8Array): Name | undefined {
  const header = readHeader(bytes)
  if (header === undefined || header.qr || header.opcode !== Opcode.QUERY) return undefined
  const name = readName(bytes, HEADER_OCTETS)
  if (!name.ok || bytes.length < name.value.end + 4) return undefined
  const isSoa = u16(bytes, name.value.end) === Type.SOA && u16(bytes, name.value.end + 2) === Class.IN
  return isSoa ? canonicalName(name.value.name) : undefined
}
