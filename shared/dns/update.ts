import { Class, Rcode, Type } from './codes.ts'
import type { Message } from './message.ts'
import { canonicalName, type Name } from './name.ts'

export type ZoneSection = { ok: true; zone: Name } | { ok: false; rcode: Rcode; reason: string }

/** RFC 2136 §3.1.1: the zone section of an UPDATE holds one record, of type SOA; other classes than IN are nobody's here. */
export function readZoneSection(message: Message): ZoneSection {
  const [question, ...more] = message.questions
  if (question === undefined || more.length > 0 || question.type !== Type.SOA)
    return { ok: false, rcode: Rcode.FORMERR, reason: 'the zone section must hold one record, of type SOA' }
  const zone = canonicalName(question.name)
  if (question.class !== Class.IN)
    return {
      ok: false,
      rcode: Rcode.NOTAUTH,
      reason: `class ${question.class} of ${zone} is not served here`,
    }
  return { ok: true, zone }
}
