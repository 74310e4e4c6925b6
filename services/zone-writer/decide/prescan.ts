import { Class, isMetaType, Rcode, Type, typeToText } from '../../../shared/dns/codes.ts'
import { canonicalName, isSubdomain, type Name } from '../../../shared/dns/name.ts'
import { checkRdata } from '../../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import { type Refusal, refusal } from './decision.ts'

/** RFC 2136 §3.4.1: every record of the update section is sound before the first is applied. */
export function prescan(apex: Name, updates: readonly ResourceRecord[]): Refusal | undefined {
  for (const record of updates) {
    const name = canonicalName(record.name)
    const what = `update ${name} ${typeToText(record.type)}`
    if (!isSubdomain(name, apex))
      return refusal(Rcode.NOTZONE, '3.4.1', 'not-in-zone', `${what} lies outside ${apex}`)
    const fault = recordFault(record)
    if (fault !== undefined) return refusal(Rcode.FORMERR, '3.4.1', 'malformed', `${what}: ${fault}`)
  }
  return undefined
}

/** What is wrong with a record of the update section, wherever it stands; undefined when nothing is. */
export function recordFault({ type, class: class_, ttl, rdata }: ResourceRecord): string | undefined {
  switch (class_) {
    case Class.IN: // §2.5.1 add
      return isMetaType(type) ? 'this type cannot be stored' : undefined
    case Class.ANY: // §2.5.2 delete an RRset, §2.5.3 delete all RRsets
      if (ttl !== 0) return 'a deletion has TTL 0'
      if (rdata.length > 0) return 'a deletion of class ANY has no RDATA'
      return isMetaType(type) && type !== Type.ANY ? 'this type cannot be stored' : undefined
    case Class.NONE: // §2.5.4 delete an RR
      if (ttl !== 0) return 'a deletion has TTL 0'
      if (isMetaType(type)) return 'this type cannot be stored'
      // the others have been judged as they were read
      return rdata.length === 0 ? checkRdata(type, rdata) : undefined
    default:
      return `class ${class_} is neither ANY, NONE nor the zone's`
  }
}
