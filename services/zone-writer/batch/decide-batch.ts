import type { UpdateCommand } from '../../../shared/commands.ts'
import { Rcode } from '../../../shared/dns/codes.ts'
import { chainEvent } from '../../../shared/events/event-codec.ts'
import type { Verdict, ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { Outcome } from '../../../shared/messaging/outcome-codec.ts'
import type { ReasonCode } from '../../../shared/reasons.ts'
import type { UpdateRule } from '../../../shared/rules/update-rule.ts'
import { RESEND_LOOK_BACK_MS } from '../../../shared/time-limits.ts'
import type { BatchTrace } from '../../../shared/tracing/tracing.ts'
import type { TouchedRRset, ZoneContents } from '../../../shared/zone-contents.ts'
import { encodeDiff } from '../../../shared/zone-diff.ts'
import { decide } from '../decide/decide.ts'
import { type Decision, refusal } from '../decide/decision.ts'
import { wholeZone } from '../decide/whole-zone.ts'
import type { ZoneLeases } from '../decide/zone-leases.ts'
import type { RecordedEvent, ResentSignature } from '../store/recorded.ts'
import type { ZoneRow } from '../store/zones.ts'
import { ParsedRules } from './parsed-rules.ts'
import type { ReadCommand } from './read-commands.ts'

/** A command and when it entered the stream, in ms since the epoch by the NATS server's clock. */
export interface QueuedCommand {
  readonly command: UpdateCommand
  readonly queuedAt: number
  /** Where somebody traces it. */
  readonly traceparent?: string | undefined
}

/** A locked zone with the RRsets that the batch can look at. */
export interface LockedZone {
  readonly head: ZoneRow
  readonly contents: ZoneContents
  /** Those at these names; undefined for a zone that grants no leases. */
  readonly leases?: ZoneLeases
}

/** What to store and to tell. */
export interface BatchResult {
  readonly outcomes: readonly { readonly edgeId: string; readonly outcome: Outcome }[]
  readonly events: readonly ZoneEvent[]
  /** RRsets to write, once each, by zone. */
  readonly touched: ReadonlyMap<number, readonly TouchedRRset[]>
  /** Commands that were answered from history: redeliveries and re-sends. */
  readonly repeats: number
  /** Where somebody traces one of its commands. */
  readonly trace?: BatchTrace
}

export interface DecidedBatch extends BatchResult {
  /** How many records each zone has after the batch. */
  readonly recordCounts: ReadonlyMap<number, number>
  /** Re-sends that were signed again: nobody may replay them either. */
  readonly resent: readonly ResentSignature[]
}

/**
 * Decides each command in order against the result of the one before it (P9). `recorded` holds the events, oldest first, that
 * share a command id, a fingerprint or a signature with the batch. Zones' contents are changed in place. No I/O; `now` is the writer's clock.
 * With `setAside` nothing is applied, and that is the reason.
 */
export function decideBatch(
  zones: ReadonlyMap<number, LockedZone>,
  recorded: readonly RecordedEvent[],
  commands: readonly ReadCommand[],
  now: number,
  setAside?: string,
): DecidedBatch {
  const history = new History(recorded)
  const progress = new Map([...zones].map(([id, zone]) => [id, new ZoneProgress(zone)]))
  const events: ZoneEvent[] = []
  const resent: ResentSignature[] = []
  const outcomes = commands.map((read) => {
    const { command, queuedAt, mark } = read
    const zone = progress.get(command.zoneId)
    if (zone === undefined) return tell(command, { ...unknownZone(command), seq: 0 }, 0)
    const known = history.find(read)
    if (known !== undefined) {
      if (mark !== undefined && history.addSignature(mark.digest, known))
        resent.push({ mark, zoneId: known.zoneId, seq: known.seq })
      return tell(command, known, zone.seq)
    }
    const decision = setAside === undefined ? judge(zone, read, now) : fault(setAside)
    const event = zone.append(command, queuedAt, now, decision)
    zone.lease(read, decision, now)
    history.add(event, mark?.digest)
    events.push(event)
    return tell(command, event, zone.seq)
  })
  const touched = new Map([...progress].map(([id, zone]) => [id, zone.touchedRRsets()]))
  const recordCounts = new Map([...progress].map(([id, zone]) => [id, zone.recordCount]))
  return { outcomes, events, touched, recordCounts, resent, repeats: commands.length - events.length }
}

/** The texts are compared each time, so what is read of them is never out of date. */
const parsed = new ParsedRules()

/** One zone on its way through a batch. */
class ZoneProgress {
  seq: number
  recordCount: number
  private serial: number
  private hash: Uint8Array
  readonly zone: LockedZone
  private readRules: readonly UpdateRule[] | undefined
  private readonly touched = new Map<string, TouchedRRset>()

  constructor(zone: LockedZone) {
    this.zone = zone
    this.seq = zone.head.seq
    this.recordCount = zone.head.recordCount
    this.serial = zone.head.serial
    this.hash = zone.head.hash
  }

  append(command: UpdateCommand, queuedAt: number, now: number, decision: Decision): ZoneEvent {
    const serialBefore = this.serial
    if (decision.kind === 'changed') {
      for (const rrset of this.zone.contents.apply(decision.diff))
        this.touched.set(`${rrset.type} ${rrset.name}`, rrset)
      this.serial = decision.serial
      this.recordCount += decision.diff.added.length - decision.diff.removed.length
    }
    this.seq += 1
    const event = chainEvent(
      {
        ...decision.verdict,
        zoneId: command.zoneId,
        seq: this.seq,
        kind: 'update',
        commandId: command.id,
        fingerprint: command.fingerprint,
        receivedAt: command.receivedAt,
        queuedAt,
        decidedAt: now,
        identity: command.identity,
        source: command.source,
        transport: command.transport,
        edgeId: command.edgeId,
        message: command.message,
        serialBefore,
        serialAfter: this.serial,
        diff: decision.kind === 'changed' ? encodeDiff(decision.diff) : new Uint8Array(),
      },
      this.hash,
    )
    this.hash = event.hash
    return event
  }

  /** The update has been appended, and what it asked for is in the zone. */
  lease({ message }: ReadCommand, decision: Decision, now: number): void {
    const { leases, contents } = this.zone
    if (leases === undefined || decision.kind === 'rejected' || !message.ok) return
    leases.take(message.value.authorities, decision, contents, { seq: this.seq, now })
  }

  /** Throws for a rule that this program cannot read, which it must not guess. */
  readonly rules = (): readonly UpdateRule[] => {
    this.readRules ??= parsed.of(this.zone.head, this.zone.head.rules)
    return this.readRules
  }

  touchedRRsets(): TouchedRRset[] {
    return [...this.touched.values()]
  }
}

/** What comes before RFC 2136: a zone that was deleted meanwhile, and a command that nobody waits for any more (P3). */
function judge(
  { zone, recordCount, rules }: ZoneProgress,
  { command, message }: ReadCommand,
  now: number,
): Decision {
  const { head, contents } = zone
  if (head.deleted) return reject(Rcode.NOTAUTH, 'zone', 'zone-deleted', `zone ${head.name} was deleted`)
  if (now > command.deadline)
    return reject(
      Rcode.SERVFAIL,
      'deadline',
      EXPIRED,
      `decided ${now - command.deadline} ms after its deadline`,
    )
  if (!message.ok) return reject(Rcode.FORMERR, '3.1', 'malformed', message.reason)
  try {
    const { identity, source, transport } = command
    const request = { message: message.value, identity, source, transport, now }
    const bounds = { settings: head.settings, recordCount }
    // its token was asked, and the command is signed by a writer (consume/command-proof.ts)
    if (transport === 'api' && identity.startsWith('api:'))
      return withoutRule(decide(contents, [wholeZone(head.name)], request, bounds))
    return decide(contents, rules(), request, bounds)
  } catch (error) {
    // one message must not stop its neighbours; the event keeps it for whoever mends the fault
    return fault(`the writer failed to decide: ${String(error)}`)
  }
}

function withoutRule(decision: Decision): Decision {
  return { ...decision, verdict: { ...decision.verdict, rule: '' } } as Decision
}

function fault(detail: string): Decision {
  return reject(Rcode.SERVFAIL, 'fault', 'fault', detail)
}

function reject(rcode: Rcode, section: string, reason: ReasonCode, detail: string): Decision {
  return { kind: 'rejected', verdict: refusal(rcode, section, reason, detail) }
}

/** Nobody was told of an expired command, so a re-send of it is decided on its own. */
const EXPIRED = 'expired'

/**
 * First outcomes (P2): by command id for redeliveries, by signature for replays, by fingerprint for clients' re-sends.
 */
class History {
  private readonly byCommand = new Map<string, ZoneEvent>()
  private readonly byFingerprint = new Map<string, ZoneEvent>()
  private readonly bySignature = new Map<string, ZoneEvent>()

  constructor(recorded: readonly RecordedEvent[]) {
    for (const { event, signedDigest } of recorded) this.add(event, signedDigest)
  }

  add(event: ZoneEvent, signedDigest: Uint8Array | undefined): void {
    this.byCommand.set(event.commandId, event)
    if (event.reason !== EXPIRED) this.byFingerprint.set(key(event), event)
    if (signedDigest !== undefined) this.addSignature(signedDigest, event)
  }

  /** False when this signature was known before, or must not become known. */
  addSignature(digest: Uint8Array, event: ZoneEvent): boolean {
    if (event.reason === EXPIRED) return false
    const signature = latin1(digest)
    const isNew = !this.bySignature.has(signature)
    this.bySignature.set(signature, event)
    return isNew
  }

  find({ command, queuedAt, mark }: ReadCommand): ZoneEvent | undefined {
    const same =
      this.byCommand.get(command.id) ??
      // however long ago, from wherever, and though the zone be another of that name by now
      (mark && this.bySignature.get(latin1(mark.digest)))
    if (same !== undefined) return same
    const first = this.byFingerprint.get(key(command))
    return first !== undefined && queuedAt - first.queuedAt <= RESEND_LOOK_BACK_MS ? first : undefined
  }
}

function key({ zoneId, fingerprint }: { zoneId: number; fingerprint: Uint8Array }): string {
  return `${zoneId} ${latin1(fingerprint)}`
}

function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
}

function unknownZone(command: UpdateCommand): Verdict {
  return refusal(Rcode.NOTAUTH, 'zone', 'zone-unknown', `no zone has the id ${command.zoneId}`)
}

/** `recorded` is the event that holds the outcome, `seq` where the zone has got to. */
function tell(
  command: UpdateCommand,
  recorded: Verdict & { readonly seq: number },
  seq: number,
): BatchResult['outcomes'][number] {
  const { seq: eventSeq, rcode, reason, detail } = recorded
  return {
    edgeId: command.edgeId,
    outcome: { commandId: command.id, zoneId: command.zoneId, seq, eventSeq, rcode, reason, detail },
  }
}
