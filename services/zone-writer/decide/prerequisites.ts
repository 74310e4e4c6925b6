import { Class, Rcode, Type, typeToText } from '../../../shared/dns/codes.ts'
import { canonicalName, isSubdomain, type Name } from '../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import type { ZoneView } from '../../../shared/zone-contents.ts'
import { type Refusal, refusal } from './decision.ts'
import { comparable } from './draft.ts'

/** RFC 2136 §3.2. Stored records only: a wildcard, a CNAME or an empty non-terminal is not in use. */
export function checkPrerequisites(
  zone: ZoneView,
  prerequisites: readonly ResourceRecord[],
): Refusal | undefined {
  const required = new Map<string, RequiredSet>()
  for (const record of prerequisites) {
    const name = canonicalName(record.name)
    const failed = checkOne(zone, name, record)
    if (failed !== undefined) return failed
    if (record.class === Class.IN) requireValue(required, name, record)
  }
  return checkRequiredSets(zone, required.values())
}

function checkOne(
  zone: ZoneView,
  name: Name,
  { type, class: class_, ttl, rdata }: ResourceRecord,
): Refusal | undefined {
  const what = `${name} ${typeToText(type)}`
  if (ttl !== 0) return malformed('3.2', `prerequisite ${what}: TTL must be 0`)
  if (!isSubdomain(name, zone.apex))
    return refusal(Rcode.NOTZONE, '3.2', 'not-in-zone', `prerequisite ${what} lies outside ${zone.apex}`)
  const stored = zone.at(name)
  switch (class_) {
    case Class.ANY: // §3.2.1: in use (§2.4.1, §2.4.4)
      if (rdata.length > 0) return malformed('3.2.1', `prerequisite ${what}: class ANY takes no RDATA`)
      if (type === Type.ANY)
        return stored === undefined ? unmet(Rcode.NXDOMAIN, '3.2.1', `${name} is not in use`) : undefined
      return stored?.get(type) === undefined
        ? unmet(Rcode.NXRRSET, '3.2.1', `there is no ${what}`)
        : undefined
    case Class.NONE: // §3.2.2: not in use (§2.4.3, §2.4.5)
      if (rdata.length > 0) return malformed('3.2.2', `prerequisite ${what}: class NONE takes no RDATA`)
      if (type === Type.ANY)
        return stored !== undefined ? unmet(Rcode.YXDOMAIN, '3.2.2', `${name} is in use`) : undefined
      return stored?.get(type) !== undefined ? unmet(Rcode.YXRRSET, '3.2.2', `there is a ${what}`) : undefined
    case Class.IN: // §3.2.3: compared as whole sets when all have been seen
      return undefined
    default:
      return malformed('3.2', `prerequisite ${what}: class ${class_} is neither ANY, NONE nor the zone's`)
  }
}

interface RequiredSet {
  readonly name: Name
  readonly type: number
  readonly values: Set<string>
}

function requireValue(required: Map<string, RequiredSet>, name: Name, record: ResourceRecord): void {
  const key = `${record.type} ${name}`
  const set = required.get(key) ?? { name, type: record.type, values: new Set() }
  set.values.add(comparable(record.type, record.rdata))
  required.set(key, set)
}

/** §3.2.3: the stored set and the required set are equal; TTLs are not compared. */
function checkRequiredSets(zone: ZoneView, required: Iterable<RequiredSet>): Refusal | undefined {
  for (const { name, type, values } of required) {
    const stored = zone.at(name)?.get(type)?.rdata ?? []
    const equal =
      stored.length === values.size && stored.every((rdata) => values.has(comparable(type, rdata)))
    if (!equal)
      return unmet(
        Rcode.NXRRSET,
        '3.2.3',
        `${name} ${typeToText(type)} does not hold exactly the ${values.size} required value(s)`,
      )
  }
  return undefined
}

function unmet(rcode: Rcode, section: string, detail: string): Refusal {
  return refusal(rcode, section, 'prerequisite', `prerequisite not met: ${detail}`)
}

function malformed(section: string, detail: string): Refusal {
  return refusal(Rcode.FORMERR, section, 'malformed', detail)
}
