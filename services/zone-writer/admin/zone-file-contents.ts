import { Class, isMetaType, Type, typeToText } from '../../../shared/dns/codes.ts'
import { canonicalName, isSubdomain, type Name } from '../../../shared/dns/name.ts'
import { canonicalRdata } from '../../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import { parseZoneFile } from '../../../shared/dns/zone-file.ts'
import { recordToText } from '../../../shared/dns/zone-file-text.ts'
import type { FirstContents } from './default-zone.ts'
import { done, type FailureDetail, failure, type Outcome } from './failure.ts'

const MOST_DETAILS = 100

/** A zone's contents from the text of a zone file: all of its faults at once, or contents that make a zone. */
export function contentsFromFile(text: string, apex: Name): Outcome<FirstContents> {
  const parsed = parseZoneFile(text, { origin: apex })
  if (!parsed.ok) return faulty(parsed.errors)
  const zone = new FileZone(apex)
  parsed.records.forEach((record) => {
    zone.take(record)
  })
  const faults = zone.faults()
  if (faults.length > 0) return faulty(faults.map((message) => ({ message })))
  return done(zone.contents())
}

function faulty(details: readonly FailureDetail[]): Outcome<never> {
  const rest = details.length - MOST_DETAILS
  const shown = rest > 0 ? [...details.slice(0, MOST_DETAILS), { message: `and ${rest} more` }] : details
  const count = details.length === 1 ? 'one fault' : `${details.length} faults`
  return failure('bad-zone-file', `The zone file has ${count}; nothing was imported.`, shown)
}

// RFC 4035 §2.5: what DNSSEC puts beside a CNAME
const BESIDE_CNAME: ReadonlySet<number> = new Set([Type.CNAME, Type.RRSIG, Type.NSEC, Type.KEY])
const ALONE_IN_ITS_SET: ReadonlySet<number> = new Set([Type.SOA, Type.CNAME, Type.DNAME])

/** The records of a file as RRsets, with what is wrong about them as a zone. */
class FileZone {
  private readonly apex: Name
  private readonly names = new Map<Name, Map<number, ResourceRecord[]>>()
  private readonly seen = new Set<string>()
  private readonly misplaced: string[] = []
  private readonly warnings: string[] = []

  constructor(apex: Name) {
    this.apex = apex
  }

  take(record: ResourceRecord): void {
    const name = canonicalName(record.name)
    if (record.class !== Class.IN) this.misplaced.push(`not of class IN: ${recordToText(record)}`)
    else if (isMetaType(record.type)) this.misplaced.push(`${typeToText(record.type)} is not a type of data`)
    else if (!isSubdomain(name, this.apex))
      this.misplaced.push(`outside the zone ${this.apex}: ${recordToText(record)}`)
    else if (this.isRepeated(name, record))
      this.warnings.push(`given more than once, stored once: ${recordToText(record)}`)
    else this.setOf(name, record.type).push(record)
  }

  faults(): string[] {
    return [...this.misplaced, ...this.apexFaults(), ...this.nameFaults()]
  }

  /** RFC 2181 §5.2: the records of a set share one TTL; the lowest counts. */
  contents(): FirstContents {
    const records: ResourceRecord[] = []
    for (const set of this.sets()) {
      const ttl = Math.min(...set.map((record) => record.ttl))
      if (set.some((record) => record.ttl !== ttl))
        this.warnings.push(
          `TTLs differ in one set, ${ttl} is stored: ${set[0]!.name} ${typeToText(set[0]!.type)}`,
        )
      for (const record of set) records.push({ ...record, ttl })
    }
    const [soa] = records.splice(
      records.findIndex((record) => record.type === Type.SOA),
      1,
    )
    return { soa: soa!, others: records, warnings: this.warnings }
  }

  private *sets(): Generator<ResourceRecord[]> {
    for (const types of this.names.values()) yield* types.values()
  }

  private setOf(name: Name, type: number): ResourceRecord[] {
    const types = this.names.get(name) ?? new Map<number, ResourceRecord[]>()
    this.names.set(name, types)
    const set = types.get(type) ?? []
    types.set(type, set)
    return set
  }

  private isRepeated(name: Name, { type, rdata }: ResourceRecord): boolean {
    const key = `${type} ${name} ${Buffer.from(canonicalRdata(type, rdata)).toString('latin1')}`
    if (this.seen.has(key)) return true
    this.seen.add(key)
    return false
  }

  private apexFaults(): string[] {
    const types = this.names.get(this.apex)
    const faults: string[] = []
    if (!types?.has(Type.SOA)) faults.push(`there is no SOA record at ${this.apex}`)
    if (!types?.has(Type.NS)) faults.push(`there is no NS record at ${this.apex}`)
    return faults
  }

  private nameFaults(): string[] {
    const faults: string[] = []
    for (const [name, types] of this.names) {
      if (types.has(Type.SOA) && name !== this.apex)
        faults.push(`an SOA record may stand only at ${this.apex}, not at ${name}`)
      for (const [type, set] of types)
        if (ALONE_IN_ITS_SET.has(type) && set.length > 1)
          faults.push(`${name} has ${set.length} ${typeToText(type)} records; there may be one`)
      const others = [...types.keys()].filter((type) => !BESIDE_CNAME.has(type))
      if (types.has(Type.CNAME) && others.length > 0)
        faults.push(`${name} has a CNAME record and also ${others.map(typeToText).join(', ')}`)
    }
    return faults
  }
}
