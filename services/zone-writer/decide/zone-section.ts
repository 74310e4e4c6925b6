import { Opcode, Rcode } from '../../../shared/dns/codes.ts'
import type { Message } from '../../../shared/dns/message.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { readZoneSection } from '../../../shared/dns/update.ts'
import { type Refusal, refusal } from './decision.ts'

/** RFC 2136 §3.1: an UPDATE of one zone, and it is this one. */
export function checkZoneSection(apex: Name, message: Message): Refusal | undefined {
  if (message.header.opcode !== Opcode.UPDATE)
    return refusal(Rcode.FORMERR, '3.1', 'malformed', 'not an UPDATE message')
  const section = readZoneSection(message)
  if (!section.ok) {
    const reason = section.rcode === Rcode.NOTAUTH ? 'not-authoritative' : 'malformed'
    return refusal(section.rcode, '3.1.1', reason, section.reason)
  }
  if (section.zone !== apex)
    return refusal(
      Rcode.NOTAUTH,
      '3.1.2',
      'not-authoritative',
      `this is the history of ${apex}, not of ${section.zone}`,
    )
  return undefined
}
