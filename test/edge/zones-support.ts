import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { CachedZone } from '../../services/edge/zones/cached-zone.ts'
import { NotServed, type ZoneClient } from '../../services/edge/zones/zone-client.ts'
import { Class } from '../../shared/dns/codes.ts'
import { type Name, nameOf } from '../../shared/dns/name.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import type { Serial } from '../../shared/dns/serial.ts'
import { withSerial } from '../../shared/dns/soa.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import { chainEvent, encodeEvent, NO_HASH } from '../../shared/events/event-codec.ts'
import type { EventKind, ZoneEvent } from '../../shared/events/zone-event.ts'
import type { ZoneStep } from '../../shared/messaging/zone-service.ts'
import { ZoneContents } from '../../shared/zone-contents.ts'
import { decodeDiff, encodeDiff } from '../../shared/zone-diff.ts'
import { recordsOfFile } from './answer-support.ts'

export const APEX = nameOf('example.com.')

/** A zone's history as a writer makes it, without a writer. */
export class History {
  readonly zoneId: number
  readonly apex: Name
  readonly events: ZoneEvent[] = []
  private soa: ResourceRecord

  constructor(zoneId: number, lines = 'www A 192.0.2.1', apex = APEX) {
    this.zoneId = zoneId
    this.apex = apex
    const [soa, ...others] = recordsOfFile(
      `@ SOA ns1 hostmaster 1 3600 600 86400 300\n@ NS ns1\n${lines}\n`,
      apex,
    )
    this.soa = soa!
    this.append('create', encodeDiff({ oldSoa: undefined, removed: [], newSoa: this.soa, added: others }), 1)
  }

  get seq(): number {
    return this.events.length
  }

  get serial(): number {
    return this.events.at(-1)!.serialAfter
  }

  /** One update that removes and adds these lines of a zone file. */
  change(removed: string, added: string): this {
    const newSoa = { ...this.soa, rdata: withSerial(this.soa.rdata, (this.serial + 1) as Serial) }
    const [out, put] = [removed, added].map((lines) => recordsOfFile(`${lines}\n`, this.apex))
    const diff = encodeDiff({ oldSoa: this.soa, removed: out!, newSoa, added: put! })
    this.soa = newSoa
    return this.append('update', diff, this.serial + 1)
  }

  /** An update that was refused: an event without a diff. */
  refuse(): this {
    return this.append('update', new Uint8Array(), this.serial)
  }

  remove(): this {
    return this.append('delete', new Uint8Array(), this.serial)
  }

  append(kind: EventKind, diff: Uint8Array, serialAfter: number): this {
    const last = this.events.at(-1)
    const commandId = randomUUID()
    const event = {
      zoneId: this.zoneId,
      seq: this.events.length + 1,
      kind,
      commandId,
      fingerprint: createHash('sha256').update(commandId).digest(),
      receivedAt: 1_000,
      queuedAt: 1_000,
      decidedAt: 1_000,
      identity: 'unsigned',
      source: { address: '192.0.2.99', port: 5353 },
      transport: 'udp',
      edgeId: 'edge-1',
      message: new Uint8Array(12),
      rcode: diff.length > 0 ? 0 : 5,
      section: '',
      reason: '',
      detail: '',
      rule: '',
      serialBefore: last?.serialAfter ?? 0,
      serialAfter,
      diff,
    } as const
    this.events.push(chainEvent(event, last?.hash ?? NO_HASH))
    return this
  }

  payload(seq: number): Uint8Array {
    return encodeEvent(this.events[seq - 1]!)
  }

  contentsAt(seq: number): ZoneContents {
    const contents = new ZoneContents(this.apex)
    for (const { diff: bytes } of this.events.slice(0, seq)) {
      if (bytes.length === 0) continue
      const diff = decodeDiff(bytes)
      assert.ok(diff.ok)
      contents.apply(diff.value)
    }
    return contents
  }

  zoneAt(seq: number): CachedZone {
    const { serialAfter, hash } = this.events[seq - 1]!
    return new CachedZone(this.zoneId, this.apex, { seq, serial: serialAfter, hash })
      .load(this.contentsAt(seq).rrsets())
      .complete()
  }
}

/** Every record, sorted, as text. */
export function recordTexts(zone: {
  rrsets(): Iterable<{
    name: ResourceRecord['name']
    type: number
    ttl: number
    rdata: readonly Uint8Array[]
  }>
}): string[] {
  return [...zone.rrsets()]
    .flatMap(({ name, type, ttl, rdata }) =>
      rdata.map((one) => recordToText({ name, type, class: Class.IN, ttl, rdata: one })),
    )
    .sort()
}

/** Parts of a snapshot, which are small here. */
export function partsOf({ octets }: CachedZone): number {
  return Math.ceil(octets / 1_000)
}

/** Writers of one history, in this process: they see it up to `visible`, and fail or wait when told to. */
export class FakeWriters implements ZoneClient {
  readonly history: History
  visible = Number.POSITIVE_INFINITY
  /** Each request takes the first one off: an error to fail with, or a promise to wait for. */
  readonly script: (Error | Promise<void>)[] = []
  readonly asked: string[] = []
  preferSnapshot = false
  tamper: (step: ZoneStep) => ZoneStep = (step) => step

  constructor(history: History) {
    this.history = history
  }

  get newest(): number {
    return Math.min(this.visible, this.history.seq)
  }

  async snapshot(zoneId: number, _apex: unknown, atLeast: number): Promise<CachedZone> {
    await this.take(`snapshot ≥${atLeast}`, zoneId)
    if (this.newest < atLeast) throw new NotServed('behind')
    return this.history.zoneAt(this.newest)
  }

  async weigh(zoneId: number, atLeast: number, most: number): Promise<number> {
    await this.take(`weight ≥${atLeast}`, zoneId)
    return Math.min(most, partsOf(this.history.zoneAt(this.newest)))
  }

  async steps(zoneId: number, after: number) {
    await this.take(`steps >${after}`, zoneId)
    if (this.preferSnapshot) throw new NotServed('prefer-snapshot')
    if (this.newest < after) throw new NotServed('behind')
    const steps = this.history.events.slice(after, Math.min(this.newest, after + 10)).map(this.tamper)
    return { kind: 'steps' as const, zoneId, steps, newest: this.newest }
  }

  async heads(zoneIds: readonly number[]) {
    await this.take('heads', undefined)
    const { seq, serialAfter, hash } = this.history.events[this.newest - 1]!
    const known = zoneIds.includes(this.history.zoneId) && this.history.events.at(-1)!.kind !== 'delete'
    return new Map(known ? [[this.history.zoneId, { seq, serial: serialAfter, hash }]] : [])
  }

  private async take(what: string, zoneId: number | undefined): Promise<void> {
    this.asked.push(what)
    const next = this.script.shift()
    if (next instanceof Error) throw next
    await next
    if (zoneId === undefined) return
    if (zoneId !== this.history.zoneId || this.history.events.at(-1)!.kind === 'delete')
      throw new NotServed('unknown-zone')
  }
}
