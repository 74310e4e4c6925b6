import type { Message } from '../../shared/dns/message.ts'
import {
  signAnswer as signTsigAnswer,
  type TsigMalformed,
  type TsigRefusal,
  type TsigVerdict,
  verifyRequest,
} from '../../shared/dns/tsig.ts'
import type { EdgeCatalog } from './catalog.ts'

/** A sender whose signature was right, or who gave none. Another identity beside TSIG enters here. */
export type Authenticated = Exclude<TsigVerdict, TsigRefusal | TsigMalformed>

/** RFC 8945 §5.2, over the octets as they were received. `now` in ms since the epoch. */
export function authenticate(
  bytes: Uint8Array,
  message: Message,
  catalog: Pick<EdgeCatalog, 'keysFor'>,
  now: number,
): TsigVerdict {
  return verifyRequest(bytes, message, (name) => catalog.keysFor(name), now / 1_000)
}

/** Signs the answer to a signed request (RFC 8945 §5.3); others go as they are. */
export function signAnswer(answer: Uint8Array, sender: Authenticated, now: number): Uint8Array {
  return sender.kind === 'verified' ? signTsigAnswer(answer, sender, now / 1_000) : answer
}
