import { newCommandId } from '../../../shared/command-id.ts'
import type { Identity, Transport, UpdateCommand } from '../../../shared/commands.ts'
import { Rcode } from '../../../shared/dns/codes.ts'
import type { Message } from '../../../shared/dns/message.ts'
import { canonicalName, type Name } from '../../../shared/dns/name.ts'
import { equalOctets } from '../../../shared/dns/octets.ts'
import { withoutSignature } from '../../../shared/dns/signed-content.ts'
import { readZoneSection } from '../../../shared/dns/update.ts'
import { eventId } from '../../../shared/event-id.ts'
import { fingerprintOf, signatureMark } from '../../../shared/fingerprint.ts'
import { readHttpNote } from '../../../shared/http-note.ts'
import type { Outcome } from '../../../shared/messaging/outcome-codec.ts'
import type { ReasonCode } from '../../../shared/reasons.ts'
import { admit } from '../../../shared/rules/admit.ts'
import { Asker } from '../../../shared/rules/asker.ts'
import type { Tracing, UpdateTrace } from '../../../shared/tracing/tracing.ts'
import { type Authenticated, identityOf } from '../authenticate.ts'
import type { EdgeCatalog } from '../catalog.ts'
import type { RefusalLog } from './refusal-log.ts'
import type { RefusedSignatures } from './refused-signatures.ts'
import type { EarlierRequest, RequestKeys, Resends, Settled, Settlement } from './resends.ts'
import type { NotAccepted } from './submitter.ts'
import { senderOf, type TurnedAway, type UpdateLimits } from './update-limits.ts'
import { describeUnknownZone, enclosingZone } from './zone-hint.ts'

export interface UpdateContext {
  readonly edgeId: string
  readonly commandTtlMs: number
  readonly catalog: Pick<EdgeCatalog, 'zoneNamed' | 'zones'>
  readonly resends: Resends
  readonly limits: UpdateLimits
  /** Updates that the limits turned away. A memory of their own: a flood of them must not push out what was accepted. */
  readonly turnedAway: Resends
  readonly refusedSignatures: RefusedSignatures
  readonly refusals: RefusalLog
  readonly submit: (command: UpdateCommand, trace?: UpdateTrace) => Promise<Outcome | NotAccepted | undefined>
  readonly onResend: () => void
  /** Undefined where nothing is traced. */
  readonly tracing?: Pick<Tracing, 'update'> | undefined
  /** ms since the epoch. */
  readonly now: () => number
}

/** Where an UPDATE came from. */
export interface UpdateSource {
  readonly address: string
  readonly port: number
  readonly transport: Transport
  /** The key whose secret came with it, where no signature names one. */
  readonly claimedKey?: string
}

/** An authenticated UPDATE becomes a command, or is refused here; undefined means silence. */
export function handleUpdate(
  bytes: Uint8Array,
  message: Message,
  sender: Authenticated,
  from: UpdateSource,
  context: UpdateContext,
  trace?: UpdateTrace,
): Promise<Settled | undefined> {
  const identity = identityOf(sender)
  const fingerprint = fingerprintOf(identity, from.address, withoutSignature(bytes, message))
  const mark = sender.kind === 'unsigned' ? undefined : signatureMark(bytes, message)
  const request = { bytes, message, from, identity, fingerprint, mark, trace }
  const refusedBefore = mark && context.refusedSignatures.find(mark)
  const earlier = context.resends.find(request) ?? context.turnedAway.find(request)
  if (refusedBefore === undefined && earlier === undefined) return submit(request, context, true)
  context.onResend()
  return earlier === undefined ? Promise.resolve(refusedBefore) : repeat(request, earlier, context)
}

async function repeat(
  request: UpdateRequest,
  earlier: EarlierRequest,
  context: UpdateContext,
): Promise<Settled | undefined> {
  if (earlier.isUnknown) return await askAgain(request, context)
  const first = await earlier.settlement
  if (first === undefined || isSameSignature(earlier, request)) return first
  // no writer knows of it: it was refused for good, and must not be accepted now (P3)
  if (first.seq === undefined) return first
  // signed again: a writer has to learn this signature too, or somebody could replay it after the re-send window
  const again = await submit(request, context, false)
  return again?.seq === undefined ? first : again
}

function isSameSignature({ mark }: RequestKeys | EarlierRequest, request: RequestKeys): boolean {
  if (mark === undefined || request.mark === undefined) return mark === request.mark
  return equalOctets(mark.digest, request.mark.digest)
}

/** Of a request that may have been applied: only a writer knows, and no refusal of this edge may be told (P3). */
async function askAgain(request: UpdateRequest, context: UpdateContext): Promise<Settled | undefined> {
  const settlement = submit(request, context, false).then((settled) =>
    settled?.seq === undefined ? undefined : settled,
  )
  context.resends.add(request, settlement)
  return await settlement
}

/** An UPDATE whose sender is known. */
interface UpdateRequest extends RequestKeys {
  readonly bytes: Uint8Array
  readonly message: Message
  readonly from: UpdateSource
  readonly identity: Identity
  readonly trace: UpdateTrace | undefined
}

/** With `isFirst` re-sends of this request get what becomes of it, and its replays what this edge refused. */
function submit(request: UpdateRequest, context: UpdateContext, isFirst: boolean): Settlement {
  const { bytes, message, from, identity, fingerprint, mark } = request
  const remember = (settled: Settled | undefined) => {
    if (isFirst && mark !== undefined && settled !== undefined && settled.seq === undefined)
      context.refusedSignatures.add(mark, settled)
    return settled
  }
  const admitted = admission(message, identity, from, context)
  if ('reason' in admitted) return Promise.resolve(remember(refuse(admitted, message, from, context)))
  const counted = senderOf(identity, from.address)
  const token = from.transport === 'http' ? readHttpNote(message)?.token : undefined
  const tooMany = context.limits.admit(admitted, counted, fingerprint, token)
  if (tooMany !== undefined) return Promise.resolve(remember(turnAway(tooMany, request, context)))
  const receivedAt = context.now()
  const command: UpdateCommand = {
    id: newCommandId(receivedAt),
    zoneId: admitted.id,
    zone: admitted.name,
    fingerprint,
    edgeId: context.edgeId,
    identity,
    source: { address: from.address, port: from.port },
    transport: from.transport,
    receivedAt,
    deadline: receivedAt + context.commandTtlMs,
    message: bytes,
  }
  const leave = context.limits.enter(counted, token)
  const settlement = context.submit(command, request.trace).then(
    (outcome) => {
      leave()
      if (outcome === undefined) return undefined
      if ('commandId' in outcome) return settledBy(outcome, admitted.name)
      return remember(refuse(notAccepted(outcome), message, from, context))
    },
    (error: unknown) => {
      leave()
      throw error
    },
  )
  if (isFirst) context.resends.add(request, settlement)
  return settlement
}

/**
 * Refused, and refused again when it is sent again, though the sender might by then send others (P3). What cannot be remembered, in
 * a flood, gets no answer.
 */
function turnAway(
  { reason, detail }: TurnedAway,
  request: UpdateRequest,
  context: UpdateContext,
): Settled | undefined {
  const settled = refuse(
    refused(Rcode.REFUSED, reason, () => detail),
    request.message,
    request.from,
    context,
  )
  if (context.turnedAway.isFull) return undefined
  context.turnedAway.add(request, Promise.resolve(settled))
  return settled
}

function settledBy({ rcode, reason, detail, seq, eventSeq }: Outcome, zone: Name): Settled {
  return { rcode, reason, detail, seq, reference: eventSeq === 0 ? '' : eventId(zone, eventSeq) }
}

interface EdgeRefusal {
  readonly rcode: number
  readonly reason: ReasonCode
  readonly detail: (maySearch: boolean) => string
  readonly hint?: string
}

function notAccepted({ notAccepted: reason, detail }: NotAccepted): EdgeRefusal {
  return { rcode: Rcode.SERVFAIL, reason, detail: () => detail }
}

/** Counts and audits it; the audit's number is what the client is told. */
function refuse(
  { hint, ...refusal }: EdgeRefusal,
  message: Message,
  from: UpdateSource,
  { refusals }: UpdateContext,
): Settled {
  const reference = auditReference(refusals.add({ ...refusal, ...claimsOf(message, from) }))
  const { rcode, reason } = refusal
  return { rcode, reason, detail: '', reference, ...(hint === undefined ? {} : { hint }) }
}

/** The zone to update, or why not: RFC 2136 §3.1, then whether this identity may update this zone at all. */
function admission(message: Message, identity: Identity, from: UpdateSource, { catalog }: UpdateContext) {
  const section = readZoneSection(message)
  if (!section.ok)
    return refused(
      section.rcode,
      section.rcode === Rcode.NOTAUTH ? 'not-authoritative' : 'malformed',
      () => section.reason,
    )
  const zone = catalog.zoneNamed(section.zone)
  if (zone === undefined) return unknownZone(section.zone, catalog)
  const { unreadable } = zone
  if (unreadable !== undefined) return refused(Rcode.SERVFAIL, 'rules-unreadable', () => unreadable)
  const asker = new Asker(identity, from, from.transport)
  const { allowed, detail } = admit(zone.rules, asker, zone.name)
  return allowed ? zone : refused(Rcode.REFUSED, 'not-admitted', () => detail)
}

function unknownZone(name: Name, catalog: UpdateContext['catalog']): EdgeRefusal {
  const refusal = refused(Rcode.NOTAUTH, 'unknown-zone', (maySearch) =>
    describeUnknownZone(name, catalog, maySearch),
  )
  const enclosing = enclosingZone(name, catalog)
  return enclosing === undefined ? refusal : { ...refusal, hint: `; try ${enclosing}` }
}

function refused(rcode: number, reason: ReasonCode, detail: EdgeRefusal['detail']): EdgeRefusal {
  return { rcode, reason, detail }
}

/** What the client is told of an audit's number. */
export function auditReference(auditId: string): string {
  return `ref ${auditId}`
}

/** What the audit says of a message that was refused; names as they were claimed, true or not. */
export function claimsOf(message: Message, from: UpdateSource) {
  const { tsig, sig0, questions } = message
  const [zone] = questions
  return {
    source: from.address,
    claimedKey: tsig === undefined ? (sig0?.signer ?? from.claimedKey ?? '') : canonicalName(tsig.keyName),
    zone: zone === undefined ? '' : canonicalName(zone.name),
  }
}
