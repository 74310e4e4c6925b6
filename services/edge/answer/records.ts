import { Class } from '../../../shared/dns/codes.ts'
import type { GivenName } from '../../../shared/dns/name.ts'
import type { ResourceRecord, RRset } from '../../../shared/dns/record.ts'

/** The records of a set, under another owner when one is given. */
export function recordsOf(rrset: RRset, owner: GivenName = rrset.name): ResourceRecord[] {
  return rrset.rdata.map((rdata) => ({
    name: owner,
    type: rrset.type,
    class: Class.IN,
    ttl: rrset.ttl,
    rdata,
  }))
}
