import { Type } from '../../../shared/dns/codes.ts'
import { canonicalName, isSubdomain, type Name, readPlainName } from '../../../shared/dns/name.ts'
import type { ResourceRecord, RRset } from '../../../shared/dns/record.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import { find } from './find.ts'
import { recordsOf } from './records.ts'

/** Where in its RDATA a type names a host whose addresses the client will want next. */
const TARGET_AT = new Map<number, number>([
  [Type.NS, 0],
  [Type.MX, 2],
  [Type.AFSDB, 2],
  [Type.RT, 2],
  [Type.KX, 2],
  [Type.SRV, 6],
  [Type.SVCB, 2],
  [Type.HTTPS, 2],
])

/** Names of hosts in the RDATA of a set, each once. */
export function targetsOf(rrset: RRset): Name[] {
  const at = TARGET_AT.get(rrset.type)
  if (at === undefined) return []
  const targets = new Set<Name>()
  for (const rdata of rrset.rdata) {
    // stored octets may be anything that an update brought
    const read = readPlainName(rdata, at)
    if (!read.ok) continue
    // RFC 9460 §2.5: the root stands for the owner
    const itself = at === 2 && read.value.name === '.' && rrset.type !== Type.MX
    targets.add(canonicalName(itself ? rrset.name : read.value.name))
  }
  return [...targets]
}

/**
 * A and AAAA records that the zone has for the names. Those below a cut are not ours to vouch for (RFC 2181 §5.4.1) and go
 * with name servers only.
 */
export function addressesOf(zone: CachedZone, names: Iterable<Name>, glueToo: boolean): ResourceRecord[] {
  const records: ResourceRecord[] = []
  for (const name of names) {
    if (!isSubdomain(name, zone.apex) || (!glueToo && isBelowCut(zone, name))) continue
    for (const type of [Type.A, Type.AAAA]) {
      const rrset = zone.rrset(name, type)
      if (rrset !== undefined) records.push(...recordsOf(rrset))
    }
  }
  return records
}

function isBelowCut(zone: CachedZone, name: Name): boolean {
  return zone.hasCuts && find(zone, name, Type.A).kind === 'cut'
}
