import { Rcode, rcodeToText, Type, typeToText } from '../../../shared/dns/codes.ts'
import { decodeMessage } from '../../../shared/dns/message.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import { compareSerial, type Serial } from '../../../shared/dns/serial.ts'
import { hashHolds, NO_HASH } from '../../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { type TouchedRRset, ZoneContents } from '../../../shared/zone-contents.ts'
import { decodeDiff } from '../../../shared/zone-diff.ts'
import type { Violation, ZoneEvidence } from './evidence.ts'
import { ZoneModel } from './model.ts'

/** What an RRset was, from an event on: values in hex, sorted and joined. */
export interface Version {
  readonly seq: number
  readonly values: string
}

export interface Replayed {
  readonly violations: readonly Violation[]
  readonly contents: ZoneContents
  /** By `name type`, oldest first. */
  readonly versions: ReadonlyMap<string, readonly Version[]>
}

/** A zone's events from the first to the last: chain, numbers, serials (P6, P7), and each outcome and diff against the model (P9). */
export function replay(zone: ZoneEvidence, commandTtlMs: number): Replayed {
  const run = new Replay(zone, commandTtlMs)
  for (const event of zone.events) run.next(event)
  return { violations: run.violations, contents: run.contents, versions: run.versions }
}

/** Each later event would be wrong too once one is. */
const MOST_VIOLATIONS = 20

class Replay {
  readonly violations: Violation[] = []
  readonly contents: ZoneContents
  readonly versions = new Map<string, Version[]>()
  private readonly zone: ZoneEvidence
  private readonly commandTtlMs: number
  private readonly model: ZoneModel
  private last: Pick<ZoneEvent, 'seq' | 'hash' | 'serialAfter'> = { seq: 0, hash: NO_HASH, serialAfter: 0 }

  constructor(zone: ZoneEvidence, commandTtlMs: number) {
    this.zone = zone
    this.commandTtlMs = commandTtlMs
    this.contents = new ZoneContents(nameOf(zone.name))
    this.model = new ZoneModel(zone.name)
  }

  next(event: ZoneEvent): void {
    this.checkChain(event)
    this.checkSerial(event)
    const touched = this.fold(event)
    if (event.kind === 'update') this.checkDecision(event, touched)
    else this.takeOver(touched)
    for (const { name, type } of touched) this.remember(event.seq, name, type)
    this.last = event
  }

  private checkChain(event: ZoneEvent): void {
    const { seq, previousHash } = event
    if (seq !== this.last.seq + 1) this.broken('P6', `event ${this.last.seq} is followed by ${seq}`, event)
    if (!Buffer.from(previousHash).equals(this.last.hash))
      this.broken('P6', 'not chained to the event before', event)
    if (!hashHolds(event)) this.broken('P6', 'its hash does not hold', event)
  }

  private checkSerial(event: ZoneEvent): void {
    const { seq, serialBefore, serialAfter, diff } = event
    if (seq > 1 && serialBefore !== this.last.serialAfter)
      this.broken('P7', `serial ${this.last.serialAfter} became ${serialBefore} between events`, event)
    if (seq === 1) return
    const order = compareSerial(serialBefore as Serial, serialAfter as Serial)
    if (diff.length > 0 && order !== -1)
      this.broken('P7', `contents changed, serial went from ${serialBefore} to ${serialAfter}`, event)
    if (diff.length === 0 && order !== 0)
      this.broken('P7', 'the serial moved although nothing changed', event)
  }

  private fold(event: ZoneEvent): readonly TouchedRRset[] {
    if (event.diff.length === 0) return []
    const diff = decodeDiff(event.diff)
    try {
      if (!diff.ok) throw new Error(diff.reason)
      return this.contents.apply(diff.value)
    } catch (error) {
      this.broken('P6', `its diff does not fit: ${String(error)}`, event)
      return []
    }
  }

  private checkDecision(event: ZoneEvent, touched: readonly TouchedRRset[]): void {
    const late = event.decidedAt - event.receivedAt > this.commandTtlMs
    if (late !== (event.reason === 'expired'))
      this.broken('P3', late ? 'decided after its deadline' : 'expired before its deadline', event)
    if (event.reason === 'expired' || event.reason === 'fault') {
      if (event.diff.length > 0) this.broken('P3', `${event.reason}, and yet applied`, event)
      return
    }
    const message = decodeMessage(event.message)
    if (!message.ok) return
    const wanted = this.model.verdict(message.value)
    if (wanted !== event.rcode) {
      const [is, should] = [event.rcode, wanted].map(rcodeToText)
      this.broken('P9', `decided ${is}, but the state before it makes it ${should}`, event)
    }
    const changed = event.rcode === Rcode.NOERROR ? this.model.apply(message.value) : []
    for (const { name, type } of [...changed, ...touched]) this.compare(event, name, type)
  }

  /** Contents that no UPDATE made, such as those of a new zone. */
  private takeOver(touched: readonly TouchedRRset[]): void {
    for (const { name, type } of touched)
      for (const value of this.stored(name, type)) this.model.add(name, type, value)
  }

  private compare(event: ZoneEvent, name: string, type: number): void {
    if (type === Type.SOA) return
    const [is, should] = [this.stored(name, type).join(' '), this.model.values(name, type).join(' ')]
    if (is !== should)
      this.broken('P9', `${name} ${typeToText(type)} became [${is}] instead of [${should}]`, event)
  }

  private stored(name: string, type: number): string[] {
    return valuesOf(this.contents.at(name as Name)?.get(type))
  }

  private remember(seq: number, name: string, type: number): void {
    const key = `${name} ${type}`
    const known = this.versions.get(key)
    const version = { seq, values: this.stored(name, type).join(' ') }
    if (known === undefined) this.versions.set(key, [version])
    else known.push(version)
  }

  private broken(promise: Violation['promise'], what: string, event: ZoneEvent): void {
    if (this.violations.length >= MOST_VIOLATIONS) return
    const { seq, edgeId, rcode, reason, commandId } = event
    const line = `event ${seq}: ${rcodeToText(rcode)} ${reason}, taken by ${edgeId}, ${commandId}`
    this.violations.push({ promise, what, zone: this.zone.name, event: seq, story: [line] })
  }
}

export function valuesOf(rrset: RRset | undefined): string[] {
  return (rrset?.rdata ?? []).map((rdata) => Buffer.from(rdata).toString('hex')).sort()
}
