import { Opcode } from '../../shared/dns/codes.ts'
import type { Edns, EdnsOption } from '../../shared/dns/edns.ts'
import { encodeResponse, type Message } from '../../shared/dns/message.ts'
import type { MessageContext } from './handle-message.ts'
import type { Requester } from './listeners/listener.ts'

/** EDNS of an answer that has no records; `why` says why. */
export function ednsFor(
  message: Message,
  from: Requester,
  { responder }: MessageContext,
  why?: EdnsOption,
): Partial<Edns> {
  const options = responder.optionsFor(message, from)
  return { udpSize: responder.udpSize, options: why === undefined ? options : [...options, why] }
}

/** RFC 2136 §3.8: id, opcode and zone section of the request, the other sections empty. Never TC. EDNS goes where there is EDNS. */
export function answerTo(
  bytes: Uint8Array,
  message: Message,
  rcode: number,
  edns: Partial<Edns>,
): Uint8Array {
  const { id, opcode, rd } = message.header
  const questionBytes = bytes.subarray(12, message.questionEnd)
  return encodeResponse({
    id,
    opcode,
    rcode,
    flags: { rd: opcode === Opcode.QUERY && rd },
    questionBytes,
    ...(message.edns && { edns }),
  }).bytes
}
