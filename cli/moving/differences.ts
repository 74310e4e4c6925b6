import { Type, typeToText } from '../../shared/dns/codes.ts'
import { canonicalName, compareNames, type Name } from '../../shared/dns/name.ts'
import { canonicalRdata, rdataToText } from '../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import type { Serial } from '../../shared/dns/serial.ts'
import { serialOf, withSerial } from '../../shared/dns/soa.ts'

/** A record, or the TTL of an RRset, that two copies of a zone have not in common. */
export interface Difference {
  readonly name: Name
  readonly type: string
  /** Here only, there only, or on both sides with another TTL. */
  readonly kind: 'here' | 'there' | 'ttl'
  /** The record's data; for a TTL both of them, `here → there`. */
  readonly text: string
}

/** A zone as it is compared: what RFC 4034 §6 says is equal is equal, and the serial stands apart. */
export class ZoneCopy {
  serial: Serial | undefined
  count = 0
  private readonly sets = new Map<string, { ttl: number; rdata: Map<string, Uint8Array> }>()

  add({ name, type, ttl, rdata }: ResourceRecord): void {
    const compared = type === Type.SOA ? withSerial(rdata, 0 as Serial) : rdata
    if (type === Type.SOA) this.serial = serialOf(rdata)
    const key = `${typeToText(type)} ${canonicalName(name)}`
    const set = this.sets.get(key) ?? { ttl, rdata: new Map() }
    // RFC 2181 §5.2: where the TTLs of a set differ, the least of them holds
    set.ttl = Math.min(set.ttl, ttl)
    set.rdata.set(Buffer.from(canonicalRdata(type, compared)).toString('latin1'), compared)
    this.sets.set(key, set)
    this.count += 1
  }

  /** What is not the same in the other copy, in the order of names. */
  differences(there: ZoneCopy, typeOf: (text: string) => number): Difference[] {
    const found: Difference[] = []
    for (const key of new Set([...this.sets.keys(), ...there.sets.keys()])) {
      const [type, name] = key.split(' ', 2) as [string, Name]
      const [mine, theirs] = [this.sets.get(key), there.sets.get(key)]
      const only = (kind: 'here' | 'there', some: Map<string, Uint8Array>, others?: Map<string, unknown>) => {
        for (const [canonical, rdata] of some)
          if (others?.has(canonical) !== true)
            found.push({ name, type, kind, text: rdataToText(typeOf(type), rdata) })
      }
      if (mine !== undefined) only('here', mine.rdata, theirs?.rdata)
      if (theirs !== undefined) only('there', theirs.rdata, mine?.rdata)
      if (mine !== undefined && theirs !== undefined && mine.ttl !== theirs.ttl)
        found.push({ name, type, kind: 'ttl', text: `${mine.ttl} → ${theirs.ttl}` })
    }
    return found.sort(
      (a, b) => compareNames(a.name, b.name) || (a.type < b.type ? -1 : Number(a.type > b.type)),
    )
  }
}
