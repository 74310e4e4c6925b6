import { Class, Type } from '../../../shared/dns/codes.ts'
import type { GivenName, Name } from '../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'

/** What the server says of itself; undefined is nothing. */
export interface Identity {
  readonly version: string | undefined
  readonly id: string | undefined
}

const LONGEST_STRING = 255
const VERSION_NAMES: readonly string[] = ['version.bind.', 'version.server.']
const ID_NAMES: readonly string[] = ['hostname.bind.', 'id.server.']

/** The TXT record of class CH for a name that servers are known by (RFC 4892); undefined when we do not say. */
export function chaosRecord(name: Name, type: number, { version, id }: Identity): ResourceRecord | undefined {
  if (type !== Type.TXT && type !== Type.ANY) return undefined
  const text = VERSION_NAMES.includes(name) ? version : ID_NAMES.includes(name) ? id : undefined
  if (text === undefined) return undefined
  const octets = Buffer.from(text, 'utf8').subarray(0, LONGEST_STRING)
  return {
    name: name as GivenName,
    type: Type.TXT,
    class: Class.CH,
    ttl: 0,
    rdata: Buffer.concat([Uint8Array.of(octets.length), octets]),
  }
}
