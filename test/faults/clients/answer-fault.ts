import { timingSafeEqual } from 'node:crypto'
import { Opcode, Rcode, TsigError, Type } from '../../../shared/dns/codes.ts'
import { decodeMessage, type Message } from '../../../shared/dns/message.ts'
import { canonicalName, nameOf } from '../../../shared/dns/name.ts'
import { putU16 } from '../../../shared/dns/octets.ts'
import { withoutSignature } from '../../../shared/dns/signed-content.ts'
import type { TsigKey, TsigRecord } from '../../../shared/dns/tsig.ts'
import { algorithmNamed } from '../../../shared/dns/tsig-algorithms.ts'
import { macOf, priorMac } from '../../../shared/dns/tsig-mac.ts'
import { tsigVariables } from '../../../shared/dns/tsig-record.ts'

/** How a copy of a request was signed. */
export interface Signature {
  readonly mac: Uint8Array
  /** In seconds since 1970. */
  readonly timeSigned: number
}

/** What the sender knows of an UPDATE when an answer comes. */
export interface Asked {
  readonly id: number
  /** With its final dot. */
  readonly zone: string
  /** Of the copies that the answer can be for; none where the request was not signed. */
  readonly signatures: readonly Signature[]
}

/**
 * Why the sender of an UPDATE may not take this for its answer (RFC 2136 §3.8, RFC 8945 §5.3 and §5.4); undefined where it may.
 * The time of the answer is not judged: the clocks of edges are set apart on purpose.
 */
export function answerFault(octets: Uint8Array, asked: Asked, key: TsigKey): string | undefined {
  const decoded = decodeMessage(octets)
  if (!decoded.ok) return `it cannot be read: ${decoded.reason}`
  const message = decoded.value
  return faultOfHeader(message, asked) ?? faultOfSignature(octets, message, asked.signatures, key)
}

function faultOfHeader({ header, questions }: Message, { id, zone }: Asked): string | undefined {
  if (!header.qr || header.opcode !== Opcode.UPDATE) return 'it is no answer to an UPDATE'
  if (header.id !== id) return `its id is ${header.id}, not ${id}`
  const [question, ...others] = questions
  const isOurs =
    question?.type === Type.SOA && canonicalName(question.name) === nameOf(zone) && others.length === 0
  return isOurs ? undefined : `it is about another zone than ${zone}`
}

function faultOfSignature(
  octets: Uint8Array,
  message: Message,
  signatures: readonly Signature[],
  key: TsigKey,
): string | undefined {
  const { tsig, header } = message
  if (signatures.length === 0) return tsig && 'it is signed, and its request was not'
  if (tsig === undefined) return 'it is not signed'
  const isForKey =
    canonicalName(tsig.keyName) === key.name &&
    algorithmNamed(tsig.algorithmName)?.algorithm === key.algorithm
  if (!isForKey) return 'it is signed with another key'
  if (tsig.error !== TsigError.NOERROR && header.rcode !== Rcode.NOTAUTH)
    return `it has TSIG error ${tsig.error} and rcode ${header.rcode}`
  // §5.3.2: to a request that it could not verify, a server has nothing to sign with
  if (tsig.error === TsigError.BADKEY || tsig.error === TsigError.BADSIG)
    return tsig.mac.length === 0 ? undefined : `it has TSIG error ${tsig.error}, and yet a MAC`
  const signature = signatures.find(({ mac }) => isMadeFor(mac, octets, message, tsig, key))
  if (signature === undefined) return 'its signature does not verify'
  // §5.2.3: the client's time
  if (tsig.error === TsigError.BADTIME && tsig.timeSigned !== signature.timeSigned)
    return 'it says BADTIME with another time than that of its request'
  return undefined
}

function isMadeFor(
  requestMac: Uint8Array,
  octets: Uint8Array,
  message: Message,
  tsig: TsigRecord,
  key: TsigKey,
): boolean {
  const unsigned = withoutSignature(octets, message)
  putU16(unsigned, 0, tsig.originalId)
  const mac = macOf(key, [priorMac(requestMac), unsigned, tsigVariables(tsig)])
  return mac.length === tsig.mac.length && timingSafeEqual(mac, tsig.mac)
}
