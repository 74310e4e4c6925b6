import { Class, classToText, Type, typeToText } from '../../../shared/dns/codes.ts'
import { decodeMessage } from '../../../shared/dns/message.ts'
import { rdataToText } from '../../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import { type HttpNote, readHttpNote } from '../../../shared/http-note.ts'

/** What a client asked for, one line an operation, in the words of nsupdate. */
export interface RequestText {
  readonly prerequisites: readonly string[]
  readonly updates: readonly string[]
}

/** Undefined for events that had no message, and for one that cannot be read. */
export function requestText(message: Uint8Array): RequestText | undefined {
  if (message.length === 0) return undefined
  const decoded = decodeMessage(message)
  if (!decoded.ok) return undefined
  return {
    prerequisites: decoded.value.answers.map(prerequisiteText),
    updates: decoded.value.authorities.map(updateText),
  }
}

/** What the edge wrote into a message that it made of an HTTP request. */
export function httpNote(message: Uint8Array): HttpNote | undefined {
  const decoded = decodeMessage(message)
  return decoded.ok ? readHttpNote(decoded.value) : undefined
}

/** RFC 2136 §2.4. */
function prerequisiteText(record: ResourceRecord): string {
  const { name, type } = record
  const anyType = type === Type.ANY
  switch (record.class) {
    case Class.ANY:
      return anyType ? `yxdomain ${name}` : `yxrrset ${name} ${typeToText(type)}`
    case Class.NONE:
      return anyType ? `nxdomain ${name}` : `nxrrset ${name} ${typeToText(type)}`
    default:
      return `yxrrset ${name}${classUnlessIn(record)} ${dataText(record)}`
  }
}

/** RFC 2136 §2.5. */
function updateText(record: ResourceRecord): string {
  const { name, type } = record
  switch (record.class) {
    case Class.ANY:
      return type === Type.ANY ? `delete ${name}` : `delete ${name} ${typeToText(type)}`
    case Class.NONE:
      return `delete ${name} ${dataText(record)}`
    default:
      return `add ${name} ${record.ttl}${classUnlessIn(record)} ${dataText(record)}`
  }
}

function dataText({ type, rdata }: ResourceRecord): string {
  return `${typeToText(type)} ${rdataToText(type, rdata)}`
}

function classUnlessIn(record: ResourceRecord): string {
  return record.class === Class.IN ? '' : ` ${classToText(record.class)}`
}
