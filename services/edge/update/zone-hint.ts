import { type Name, parentOf } from '../../../shared/dns/name.ts'
import { nearest } from '../../../shared/nearest.ts'
import type { EdgeCatalog } from '../catalog.ts'

type Zones = Pick<EdgeCatalog, 'zoneNamed' | 'zones'>

/** The zone of ours that a name which is no zone lies in. Whoever asks for its SOA learns the same. */
export function enclosingZone(name: Name, catalog: Zones): Name | undefined {
  for (let at = parentOf(name); at !== undefined; at = parentOf(at)) {
    const zone = catalog.zoneNamed(at)
    if (zone !== undefined) return zone.name
  }
  return undefined
}

/** Why an UPDATE of this zone is refused, for the operator: it often is a wrong zone cut, or a slip of the finger. */
export function describeUnknownZone(name: Name, catalog: Zones, maySearch: boolean): string {
  const enclosing = enclosingZone(name, catalog)
  if (enclosing !== undefined) return insideOurs(name, enclosing)
  const plain = `${name} is not a zone of this server`
  if (!maySearch) return plain
  const names = [...catalog.zones()].map((zone) => zone.name)
  const below = names.filter((zone) => name !== '.' && zone.endsWith(`.${name}`))
  if (below.length > 0) {
    const [first] = below.toSorted((a, b) => a.length - b.length)
    const others = below.length === 1 ? '' : `, as are ${below.length - 1} more`
    return `${plain}, but ${first} below it is${others}: the client must name the zone that holds the record`
  }
  const near = nearest(name, names)
  return near === undefined ? plain : `${plain}; did the client mean ${near}?`
}

function insideOurs(name: Name, zone: Name): string {
  // example.com.example.com.: a name without its final dot, completed once too often
  const doubled = zone !== '.' && name.endsWith(`${zone}${zone}`)
  const hint = doubled ? ' (a name without its final dot was completed with the zone twice)' : ''
  return `${name} is not a zone but a name in the zone ${zone}${hint}: the client must name ${zone} as the zone`
}
