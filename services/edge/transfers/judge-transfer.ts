import type { CatalogZone } from '../../../shared/catalog.ts'
import { Class, Opcode, Rcode, Type, typeToText } from '../../../shared/dns/codes.ts'
import type { Message } from '../../../shared/dns/message.ts'
import { canonicalName, type Name } from '../../../shared/dns/name.ts'
import type { Serial } from '../../../shared/dns/serial.ts'
import { readSoa } from '../../../shared/dns/soa.ts'
import type { ReasonCode } from '../../../shared/reasons.ts'
import { mayTransfer } from '../../../shared/transfers/transfer-grant.ts'
import type { Authenticated } from '../authenticate.ts'
import type { Requester } from '../listeners/listener.ts'

/** A transfer that may be made. */
export interface TransferRequest {
  readonly kind: 'axfr' | 'ixfr'
  readonly zone: CatalogZone
  /** Of the contents that the client has, for IXFR. */
  readonly serial: Serial | undefined
}

/** Why a transfer is not made. */
export interface TransferRefusal {
  readonly kind: 'refused'
  readonly rcode: number
  readonly reason: ReasonCode
  /** For people. */
  readonly detail: string
}

export function isTransfer({ header, questions }: Message): boolean {
  return header.opcode === Opcode.QUERY && questions.length > 0 && isTransferType(questions[0]!.type)
}

export function isTransferType(type: number): boolean {
  return type === Type.AXFR || type === Type.IXFR
}

/** RFC 5936 §2.2.1, RFC 1995 §3: form, zone, then whether this client may have it. Pure. */
export function judgeTransfer(
  message: Message,
  sender: Authenticated,
  from: Requester,
  zoneNamed: (name: Name) => CatalogZone | undefined,
): TransferRequest | TransferRefusal {
  const [question] = message.questions
  if (question === undefined || message.questions.length > 1)
    return malformed('it has not exactly one question')
  const isAxfr = question.type === Type.AXFR
  if (isAxfr && from.transport === 'udp') return malformed('AXFR goes over TCP')
  const name = canonicalName(question.name)
  const zone = question.class === Class.IN ? zoneNamed(name) : undefined
  if (zone === undefined) return unknownZone(name)
  const key = sender.kind === 'unsigned' ? undefined : sender.key.name
  if (!mayTransfer(zone.transfers?.allow ?? [], key, from.address)) return notAllowed(zone, key, from)
  if (isAxfr) return { kind: 'axfr', zone, serial: undefined }
  const serial = serialOfClient(message, name)
  return serial === undefined
    ? malformed(`${typeToText(Type.IXFR)} without the client's SOA`)
    : { kind: 'ixfr', zone, serial }
}

/** RFC 1995 §3: the client's SOA stands in the authority section. */
function serialOfClient(message: Message, zone: Name): Serial | undefined {
  const [soa, ...more] = message.authorities
  if (soa?.type !== Type.SOA || more.length > 0 || canonicalName(soa.name) !== zone) return undefined
  const read = readSoa(soa.rdata)
  return read.ok ? read.value.serial : undefined
}

function malformed(what: string): TransferRefusal {
  return {
    kind: 'refused',
    rcode: Rcode.FORMERR,
    reason: 'transfer-malformed',
    detail: `not a request for a transfer: ${what}`,
  }
}

function unknownZone(name: Name): TransferRefusal {
  return {
    kind: 'refused',
    rcode: Rcode.NOTAUTH,
    reason: 'transfer-unknown-zone',
    detail: `${name} is not a zone of this server`,
  }
}

function notAllowed(zone: CatalogZone, key: Name | undefined, { address }: Requester): TransferRefusal {
  const who = key === undefined ? `${address}, unsigned` : `${address} with the key ${key}`
  const whom = zone.transfers?.allow.length ?? 0
  const detail = whom === 0 ? 'nobody may transfer this zone' : `not allowed to ${who}`
  return {
    kind: 'refused',
    rcode: Rcode.REFUSED,
    reason: 'transfer-not-allowed',
    detail,
  }
}

export const BUSY: TransferRefusal = {
  kind: 'refused',
  rcode: Rcode.SERVFAIL,
  reason: 'transfer-busy',
  detail: 'too many transfers; try again',
}

export const UNAVAILABLE: TransferRefusal = {
  kind: 'refused',
  rcode: Rcode.SERVFAIL,
  reason: 'transfer-unavailable',
  detail: 'the zone is not at hand in a state that may be served',
}

export const EXPIRED: TransferRefusal = {
  kind: 'refused',
  rcode: Rcode.SERVFAIL,
  reason: 'transfer-expired',
  detail: "no writer has confirmed the zone for its SOA's expire time",
}
