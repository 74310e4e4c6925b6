import type { Identity, Transport } from '../../../shared/commands.ts'
import { Class, isMetaType, Opcode, Type, typeFromText, typeToText } from '../../../shared/dns/codes.ts'
import { decodeMessage, encodeMessage, type Message } from '../../../shared/dns/message.ts'
import { canonicalName, type Name, parseName } from '../../../shared/dns/name.ts'
import { rdataFromText } from '../../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import { addressOctets } from '../../../shared/rules/address-range.ts'
import { looksAbsolute } from '../../../shared/rules/parse-rule-name.ts'
import { done, type FailureDetail, failure, type Outcome } from '../admin/failure.ts'

/** One operation that somebody might ask for, as people write it. */
export interface AskedUpdate {
  /** The name of a TSIG key; unsigned without. */
  readonly key?: string
  readonly from: string
  /** Relative to the zone without a final dot, as in rules. */
  readonly name: string
  /** With `delete` it may be left out: then everything at the name is deleted. */
  readonly type?: string
  /** RDATA as in a zone file. */
  readonly value?: string
  readonly delete?: boolean
  readonly transport?: Transport
}

/** The UPDATE message that it stands for, and who sends it. */
export interface ReadUpdate {
  readonly message: Message
  readonly identity: Identity
  readonly address: string
  readonly transport: Transport
  /** Whether the value was given, or does not matter. */
  readonly isWhole: boolean
  /** What was taken for granted. */
  readonly notes: readonly string[]
}

/** Reads an operation on a zone; all faults at once. */
export function readAskedUpdate(asked: AskedUpdate, apex: Name): Outcome<ReadUpdate> {
  const faults: FailureDetail[] = []
  const notes: string[] = []
  const fault = (message: string) => void faults.push({ message })
  const identity = readIdentity(asked.key, fault)
  if (addressOctets(asked.from) === undefined) fault(`from: '${asked.from}' is not an IP address`)
  const name = readRecordName(asked.name, apex, notes, fault)
  const record = name && readRecord(asked, name, apex, notes, fault)
  if (faults.length > 0 || record === undefined || identity === undefined)
    return failure('bad-update', 'That cannot be asked for:', faults)
  return done({
    message: messageOf(record, apex),
    identity,
    address: asked.from,
    transport: asked.transport ?? 'udp',
    isWhole: asked.delete === true || asked.value !== undefined,
    notes,
  })
}

type Tell = (fault: string) => void

function readIdentity(key: string | undefined, fault: Tell): Identity | undefined {
  if (key === undefined) return 'unsigned'
  const name = parseName(key)
  if (name.ok) return `key:${canonicalName(name.value)}`
  fault(`key: ${name.reason}`)
  return undefined
}

function readRecordName(text: string, apex: Name, notes: string[], fault: Tell): Name | undefined {
  const isAbsolute = looksAbsolute(text, apex)
  const name = parseName(isAbsolute ? `${text}.` : text, apex)
  if (!name.ok) {
    fault(`name: ${name.reason}`)
    return undefined
  }
  const canonical = canonicalName(name.value)
  if (isAbsolute) notes.push(`'${text}' was taken for ${canonical}; write the final dot to say so`)
  return canonical
}

function readRecord(
  { type: typeText, value, from, delete: isDeletion = false }: AskedUpdate,
  name: Name,
  apex: Name,
  notes: string[],
  fault: Tell,
): ResourceRecord | undefined {
  const empty = new Uint8Array()
  if (typeText === undefined && isDeletion)
    return { name, type: Type.ANY, class: Class.ANY, ttl: 0, rdata: empty }
  const type = typeText === undefined ? undefined : typeFromText(typeText)
  if (type === undefined || (isMetaType(type) && !(isDeletion && type === Type.ANY))) {
    fault(`type: ${typeText === undefined ? 'it is missing' : `'${typeText}' is not a type of records`}`)
    return undefined
  }
  if (isDeletion && value === undefined) return { name, type, class: Class.ANY, ttl: 0, rdata: empty }
  const shared = { name, type, class: isDeletion ? Class.NONE : Class.IN, ttl: isDeletion ? 0 : 300 }
  if (value === undefined) return { ...shared, rdata: assumedValue(type, from, notes) }
  const rdata = rdataFromText(type, value, apex)
  if (rdata.ok) return { ...shared, rdata: rdata.value }
  fault(`value: ${rdata.reason}`)
  return undefined
}

/** Rules look at values of A and AAAA only, and then at whether they are the sender's. */
function assumedValue(type: number, from: string, notes: string[]): Uint8Array {
  const wanted = type === Type.A ? 4 : type === Type.AAAA ? 16 : 0
  const own = addressOctets(from)
  if (wanted === 0 || own === undefined) {
    notes.push('without a value: numbers such as TXT(2) and the limits of the zone were not looked at')
    return new Uint8Array()
  }
  notes.push(
    `without a value: as if it were ${own.length === wanted ? `the sender's own, ${from}` : 'another than the sender'}`,
  )
  return own.length === wanted ? own : new Uint8Array(wanted)
}

/** Through the wire form, as a real one comes. */
function messageOf(record: ResourceRecord, apex: Name): Message {
  const octets = encodeMessage({
    id: 0,
    opcode: Opcode.UPDATE,
    questions: [{ name: apex, type: Type.SOA, class: Class.IN }],
    authorities: [record],
  })
  const message = decodeMessage(octets)
  if (!message.ok)
    throw new Error(`an update of ${record.name} ${typeToText(record.type)}: ${message.reason}`)
  return message.value
}
