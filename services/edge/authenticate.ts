import { type Identity, keyIdentity } from '../../shared/commands.ts'
import { Opcode, Type } from '../../shared/dns/codes.ts'
import type { Message } from '../../shared/dns/message.ts'
import type { Name } from '../../shared/dns/name.ts'
import { findSigner, isSignedBy, type Sig0Error, type Sig0Key } from '../../shared/dns/sig0.ts'
import {
  signAnswer as signTsigAnswer,
  type TsigMalformed,
  type TsigRefusal,
  type TsigVerified,
  verifyRequest,
} from '../../shared/dns/tsig.ts'
import type { BoundedWork } from './bounded-work.ts'
import type { EdgeCatalog } from './catalog.ts'

/** Signed by SIG(0) with a key that is registered here. Answers to it are not signed: we have no key that it knows. */
export interface Sig0Verified {
  readonly kind: 'sig0'
  readonly key: Sig0Key
  readonly signature: Uint8Array
}

export interface Sig0Refusal {
  readonly kind: 'sig0-refused'
  /** `BUSY`: too many signatures are being verified already. */
  readonly error: Sig0Error | 'BUSY'
}

/** Came over HTTP with the secret of a key, or a token that belongs to it; its message is of our making. */
export interface HttpVerified {
  readonly kind: 'http'
  readonly key: { readonly name: Name }
}

/** A sender whose signature was right, or who gave none. Another identity beside these enters here. */
export type Authenticated = { readonly kind: 'unsigned' } | TsigVerified | Sig0Verified | HttpVerified

export type Verdict = Authenticated | TsigRefusal | TsigMalformed | Sig0Refusal

export interface AuthenticationContext {
  readonly catalog: Pick<EdgeCatalog, 'keysFor' | 'sig0KeyFor'>
  /** Where signatures of public keys are verified. */
  readonly sig0Checks: BoundedWork
  /** ms since the epoch. */
  readonly now: () => number
}

/** RFC 8945 §5.2 and RFC 2931 §3.1, over the octets as they were received. A promise for SIG(0) only. */
export function authenticate(
  bytes: Uint8Array,
  message: Message,
  context: AuthenticationContext,
): Verdict | Promise<Verdict> {
  if (message.sig0 !== undefined && asksWho(message)) return authenticateSig0(bytes, message, context)
  return verifyRequest(bytes, message, (name) => context.catalog.keysFor(name), context.now() / 1_000)
}

/** Who the sender is in rules and events. */
export function identityOf(sender: Authenticated): Identity {
  return sender.kind === 'unsigned' ? 'unsigned' : keyIdentity(sender.key.name)
}

/** Signs the answer to a request that was signed by TSIG (RFC 8945 §5.3); others go as they are. */
export function signAnswer(answer: Uint8Array, sender: Authenticated, now: number): Uint8Array {
  return sender.kind === 'verified' ? signTsigAnswer(answer, sender, now / 1_000) : answer
}

/** RFC 2931 §3.2: only where something depends on it is a signature worth the work. */
function asksWho({ header, questions }: Message): boolean {
  const type = questions[0]?.type
  return header.opcode === Opcode.UPDATE || type === Type.AXFR || type === Type.IXFR
}

function authenticateSig0(
  bytes: Uint8Array,
  message: Message,
  { catalog, sig0Checks, now }: AuthenticationContext,
): Verdict | Promise<Verdict> {
  const sig0 = message.sig0!
  const key = findSigner(sig0, (name) => catalog.sig0KeyFor(name), now() / 1_000)
  if (typeof key === 'string') return { kind: 'sig0-refused', error: key }
  const checked = sig0Checks.run(() => isSignedBy(key, bytes, message))
  if (checked === undefined) return { kind: 'sig0-refused', error: 'BUSY' }
  return checked.then((isRight) =>
    isRight ? { kind: 'sig0', key, signature: sig0.signature } : { kind: 'sig0-refused', error: 'BADSIG' },
  )
}
