import { Class, classToText, Type, typeToText } from '../../../shared/dns/codes.ts'
import { decodeMessage, type Message } from '../../../shared/dns/message.ts'
import { rdataToText } from '../../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import type { Db } from '../store/admin-zones.ts'
import { newestEvents } from '../store/events.ts'
import { done, failure, type Outcome } from './failure.ts'
import { zoneInHistory } from './names.ts'

export interface SignatureJson {
  readonly kind: 'tsig' | 'sig0'
  readonly key: string
  /** ISO 8601; of SIG(0) when the signature begins. */
  readonly signedAt: string
}

/** A message section by section, in presentation form. */
export interface MessageJson {
  readonly zone: string
  readonly seq: number
  readonly id: number
  readonly opcode: number
  /** The zone section: NAME CLASS TYPE. */
  readonly zoneSection: readonly string[]
  readonly prerequisites: readonly string[]
  readonly updates: readonly string[]
  readonly additionals: readonly string[]
  readonly udpSize?: number
  readonly signature?: SignatureJson
  /** As it was received, base64. */
  readonly octets: string
}

/** The message of an event, decoded; a failure where it had none, or one that cannot be read. */
export async function eventMessage(db: Db, name: string, seq: number): Promise<Outcome<MessageJson>> {
  const zone = await zoneInHistory(db, name)
  if (!zone.ok) return zone
  const [event] = await newestEvents(db, zone.value.id, 1, seq + 1)
  if (event?.seq !== seq)
    return failure(
      'event-not-found',
      `Zone ${zone.value.name} has no event ${seq}; its newest is ${zone.value.seq}.`,
    )
  const message = decodeMessage(event.message)
  if (!message.ok)
    return failure(
      'no-message',
      `Event ${seq} of ${zone.value.name} (${event.kind}) has no message that can be read.`,
    )
  return done(messageJson(zone.value.name, seq, message.value, event.message))
}

function messageJson(zone: string, seq: number, message: Message, octets: Uint8Array): MessageJson {
  const { header, questions, answers, authorities, additionals, edns } = message
  const signature = signatureOf(message)
  return {
    ...{ zone, seq, id: header.id, opcode: header.opcode },
    zoneSection: questions.map((each) => `${each.name} ${classToText(each.class)} ${typeToText(each.type)}`),
    prerequisites: answers.map(recordText),
    updates: authorities.map(recordText),
    additionals: additionals.map(recordText),
    ...(edns && { udpSize: edns.udpSize }),
    ...(signature && { signature }),
    octets: Buffer.from(octets).toString('base64'),
  }
}

function signatureOf({ tsig, sig0 }: Message): SignatureJson | undefined {
  const at = (seconds: number) => new Date(Math.min(seconds * 1_000, LAST_MS)).toISOString()
  if (tsig !== undefined) return { kind: 'tsig', key: tsig.keyName, signedAt: at(tsig.timeSigned) }
  return sig0 && { kind: 'sig0', key: sig0.signer, signedAt: at(sig0.inception) }
}

/** The last that a Date can be: a signature may say any time. */
const LAST_MS = 8.64e15

/** As in a zone file, with the classes of UPDATE, and without RDATA where there is none. */
function recordText({ name, type, class: class_, ttl, rdata }: ResourceRecord): string {
  const head = `${name} ${ttl} ${classToText(class_)} ${typeToText(type)}`
  const isEmpty = rdata.length === 0 && (class_ !== Class.IN || type === Type.ANY)
  return isEmpty ? head : `${head} ${rdataToText(type, rdata)}`
}
