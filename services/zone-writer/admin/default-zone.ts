import { Class, Type } from '../../../shared/dns/codes.ts'
import { type GivenName, nameToWire, parseName } from '../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import type { Serial } from '../../../shared/dns/serial.ts'
import { soaRdata } from '../../../shared/dns/soa.ts'
import { done, failure, type Outcome } from './failure.ts'

/** A zone's first contents: the SOA apart from the rest. */
export interface FirstContents {
  readonly soa: ResourceRecord
  readonly others: readonly ResourceRecord[]
  /** What was not taken exactly as given. */
  readonly warnings: readonly string[]
}

const TTL = 3_600
const TIMERS = { refresh: 3_600, retry: 600, expire: 1_209_600, minimum: 300 }

/**
 * The contents of a zone created without a file: an SOA with serial 1, one name server ns1 in the zone, and 127.0.0.1 as its
 * address. That answers on this machine; a zone that others resolve is created from a file with its real name servers.
 */
export function defaultContents(apex: GivenName): Outcome<FirstContents> {
  const mname = parseName('ns1', apex)
  const rname = parseName('hostmaster', apex)
  if (!mname.ok || !rname.ok)
    return failure(
      'bad-name',
      `'${apex}' is too long to hold its own name server; create the zone from a file.`,
    )
  const record = (name: GivenName, type: number, rdata: Uint8Array): ResourceRecord => ({
    name,
    type,
    class: Class.IN,
    ttl: TTL,
    rdata,
  })
  const soa = soaRdata({ mname: mname.value, rname: rname.value, serial: 1 as Serial, ...TIMERS })
  return done({
    soa: record(apex, Type.SOA, soa),
    others: [
      record(apex, Type.NS, nameToWire(mname.value)),
      record(mname.value, Type.A, Uint8Array.of(127, 0, 0, 1)),
    ],
    warnings: [],
  })
}
