import { Class, Rcode, typeToText } from '../../../shared/dns/codes.ts'
import type { Message } from '../../../shared/dns/message.ts'
import { checkRdata } from '../../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import { type Refusal, refusal } from './decision.ts'

/**
 * RFC 2136 §2.2 FORMERR: RDATA that does not parse as its type makes the whole message malformed, wherever it stands and whatever
 * else is in it. So nothing of the sort is ever compared or stored.
 */
export function checkRecordShapes({
  answers: prerequisites,
  authorities: updates,
}: Message): Refusal | undefined {
  for (const [section, records] of [
    ['3.2', prerequisites],
    ['3.4.1', updates],
  ] as const)
    for (const record of records) {
      const fault = faultOf(record)
      if (fault !== undefined)
        return refusal(
          Rcode.FORMERR,
          section,
          'malformed',
          `${record.name} ${typeToText(record.type)}: ${fault}`,
        )
    }
  return undefined
}

/** Records of class ANY, and prerequisites of class NONE, have no RDATA; that is judged where they are used. */
function faultOf({ type, class: class_, rdata }: ResourceRecord): string | undefined {
  const holdsData = class_ === Class.IN || (class_ === Class.NONE && rdata.length > 0)
  return holdsData ? checkRdata(type, rdata) : undefined
}
