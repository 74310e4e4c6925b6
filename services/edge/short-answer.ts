import { Opcode } from '../../shared/dns/codes.ts'
import type { EdnsOption } from '../../shared/dns/edns.ts'
import { encodeResponse, type Message } from '../../shared/dns/message.ts'
import type { MessageContext } from './handle-message.ts'
import type { Requester } from './listeners/listener.ts'

/** The options of an answer that has no records; `why` says why. */
export function optionsFor(
  message: Message,
  from: Requester,
  { responder }: MessageContext,
  why?: EdnsOption,
): readonly EdnsOption[] {
  const options = responder.optionsFor(message, from)
  return why === undefined ? options : [...options, why]
}

/** RFC 2136 §3.8: id, opcode and zone section of the request, the other sections empty. Never TC. Options go where there is EDNS. */
export function answerTo(
  bytes: Uint8Array,
  message: Message,
  rcode: number,
  options: readonly EdnsOption[],
): Uint8Array {
  const { id, opcode, rd } = message.header
  const edns = message.edns === undefined ? {} : { edns: { options } }
  const questionBytes = bytes.subarray(12, message.questionEnd)
  return encodeResponse({
    id,
    opcode,
    rcode,
    flags: { rd: opcode === Opcode.QUERY && rd },
    questionBytes,
    ...edns,
  }).bytes
}
