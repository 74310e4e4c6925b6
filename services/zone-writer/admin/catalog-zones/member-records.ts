import { Class, Type } from '../../../../shared/dns/codes.ts'
import { type GivenName, type Name, nameOf, nameToWire } from '../../../../shared/dns/name.ts'
import type { ResourceRecord, RRset } from '../../../../shared/dns/record.ts'
import type { CatalogMember } from '../../store/catalog-members.ts'

/** RFC 9432 §4.1: a catalog zone is not for resolving, so its TTLs are 0 and its name server is none. */
export function emptyCatalog(apex: GivenName): string {
  return `$ORIGIN ${apex}
@ 0 IN SOA invalid. invalid. 1 3600 600 2147483646 0
@ 0 IN NS invalid.
version 0 IN TXT "2"
`
}

/**
 * RFC 9432 §4.1, §4.3.2: a PTR below `zones` for each member, and its group. The label is made of the zone's number, so it stays while
 * the zone lives, and a new zone of an old name gets another: consumers then start afresh with it (§5.4).
 */
export function memberRecords(catalog: Name, members: readonly CatalogMember[]): ResourceRecord[] {
  return members.flatMap(({ id, name, group }) => {
    const owner = nameOf(`z${id}.zones.${catalog}`)
    const records = [record(owner, Type.PTR, nameToWire(name))]
    if (group !== '') records.push(record(nameOf(`group.${owner}`), Type.TXT, characterString(group)))
    return records
  })
}

/** What must go and what must come, so that a catalog holds these records below `zones`. */
export function memberChanges(
  catalog: Name,
  stored: readonly RRset[],
  members: readonly CatalogMember[],
): { removed: ResourceRecord[]; added: ResourceRecord[] } {
  const wanted = new Map(memberRecords(catalog, members).map((one) => [keyOf(one), one]))
  const removed: ResourceRecord[] = []
  for (const { name, type, ttl, rdata: all } of stored) {
    if (!name.endsWith(`.zones.${catalog}`)) continue
    for (const rdata of all) {
      const present = { name, type, class: Class.IN, ttl, rdata }
      if (!wanted.delete(keyOf(present))) removed.push(present)
    }
  }
  return { removed, added: [...wanted.values()] }
}

function record(name: Name, type: number, rdata: Uint8Array): ResourceRecord {
  return { name, type, class: Class.IN, ttl: 0, rdata }
}

function characterString(text: string): Uint8Array {
  const octets = Buffer.from(text, 'latin1')
  return Buffer.concat([Uint8Array.of(octets.length), octets])
}

function keyOf({ name, type, ttl, rdata }: ResourceRecord): string {
  return `${name} ${type} ${ttl} ${Buffer.from(rdata).toString('latin1')}`
}
