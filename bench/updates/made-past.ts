import { ProtocolWriter } from '../../services/zone-writer/store/protocol-writer.ts'
import { Rcode, Type } from '../../shared/dns/codes.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import type { Serial } from '../../shared/dns/serial.ts'
import { withSerial } from '../../shared/dns/soa.ts'
import { chainEvent } from '../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../shared/events/zone-event.ts'
import { encodeDiff } from '../../shared/zone-diff.ts'
import { deleteRRset } from '../../test/faults/clients/records.ts'
import { addA, update } from '../../test/support/dns-client.ts'

/** Where a zone's history stands. */
export interface ZoneEnd {
  readonly zoneId: number
  readonly zone: Name
  readonly seq: number
  readonly serial: number
  readonly hash: Uint8Array
  readonly soa: ResourceRecord
  /** The rule that grants the updates. */
  readonly rule: string
}

/** The columns of {@link MadePast.rows}, in their order. */
export const PAST_COLUMNS =
  'zone_id, seq, kind, command_id, fingerprint, received_at, queued_at, decided_at, identity, source_address, source_port, transport, edge_id, message, rcode, section, reason, detail, rule, serial_before, serial_after, diff, previous_hash, hash'
const COLUMNS = PAST_COLUMNS.split(',').length

/** Names that come and go in turn. */
const NAMES = 100_000
const FIRST_NAME = 'past0000000'
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1)
const ROWS_OCTETS = 64 << 20

/**
 * Events that go on from where a zone stands and leave its contents as they were, but for the serial: each name comes by an update and goes by
 * the next. Their chain is valid. Made from two of them by changing what differs in their octets, since there may be millions.
 */
export class MadePast {
  private end: ZoneEnd
  private made = 0
  private readonly added: Pattern
  private readonly removed: Pattern

  constructor(end: ZoneEnd) {
    this.end = end
    const name = `${FIRST_NAME}.${end.zone}`
    const record = addA(name, '192.0.2.1', 300)
    this.added = new Pattern(end, { removed: [], added: [record] }, record)
    this.removed = new Pattern(end, { removed: [record], added: [] }, deleteRRset(name, Type.A))
  }

  get at(): ZoneEnd {
    return this.end
  }

  /** The next events as rows of `copy … (format binary)`, without head and end; `at` is when they were decided, in ms. */
  rows(count: number, at: number): Uint8Array {
    const writer = new ProtocolWriter(ROWS_OCTETS)
    for (let made = 0; made < count; made++) writeRow(writer, this.next(at))
    return writer.finish()
  }

  /** Its message and diff are used again by the next but one. */
  private next(at: number): ZoneEvent {
    const { zoneId, serial: serialBefore, hash } = this.end
    const seq = this.end.seq + 1
    const serialAfter = (serialBefore + 1) >>> 0 || 1
    const pattern = this.made % 2 === 0 ? this.added : this.removed
    pattern.set(seq, Math.floor(this.made++ / 2) % NAMES, serialBefore, serialAfter)
    const { message, diff } = pattern
    const event = chainEvent(
      {
        ...{ zoneId, seq, kind: 'update', message, diff, serialBefore, serialAfter },
        // as random as those of clients are
        ...{ commandId: uuidOf(hash), fingerprint: hash },
        ...{ receivedAt: at, queuedAt: at, decidedAt: at },
        ...{ identity: 'unsigned', source: { address: '127.0.0.1', port: 40_000 } },
        ...{ transport: 'udp', edgeId: 'bench-0', rcode: Rcode.NOERROR, section: '', reason: 'applied' },
        ...{ detail: '', rule: this.end.rule },
      },
      hash,
    )
    this.end = { ...this.end, seq, serial: serialAfter, hash: event.hash }
    return event
  }
}

/** A message and its diff, of which only name, id and serials change. */
class Pattern {
  readonly message: Buffer
  readonly diff: Buffer
  private readonly names: readonly (readonly [Buffer, number])[]
  private readonly serials: readonly [number, number]

  constructor(
    { zone, soa }: ZoneEnd,
    { removed, added }: { readonly removed: ResourceRecord[]; readonly added: ResourceRecord[] },
    asked: ResourceRecord,
  ) {
    this.message = Buffer.from(update({ id: 0, zone, updates: [asked] }))
    const [old, fresh] = [0xdead_beef, 0xfeed_f00d].map((serial) => ({
      ...soa,
      rdata: withSerial(soa.rdata, serial as Serial),
    }))
    this.diff = Buffer.from(encodeDiff({ oldSoa: old!, removed, newSoa: fresh!, added }))
    this.serials = [this.diff.indexOf('deadbeef', 'hex'), this.diff.indexOf('feedf00d', 'hex')]
    this.names = [this.message, this.diff].map((octets) => [octets, octets.indexOf(FIRST_NAME)] as const)
  }

  set(id: number, name: number, serialBefore: number, serialAfter: number): void {
    this.message.writeUInt16BE(id & 0xffff, 0)
    const text = String(name).padStart(FIRST_NAME.length - 4, '0')
    for (const [octets, at] of this.names) octets.write(text, at + 4, 'latin1')
    this.diff.writeUInt32BE(serialBefore, this.serials[0])
    this.diff.writeUInt32BE(serialAfter, this.serials[1])
  }
}

function writeRow(to: ProtocolWriter, event: ZoneEvent): void {
  const octets = (value: Uint8Array) => to.int32(value.length).octets(value)
  const time = (ms: number) => to.int32(8).int64((ms - POSTGRES_EPOCH_MS) * 1_000)
  to.int16(COLUMNS).int32(8).int64(event.zoneId).int32(8).int64(event.seq).text(event.kind)
  octets(event.fingerprint.subarray(0, 16))
  octets(event.fingerprint)
  for (const at of [event.receivedAt, event.queuedAt, event.decidedAt]) time(at)
  to.text(event.identity).text(event.source.address).int32(4).int32(event.source.port)
  to.text(event.transport).text(event.edgeId)
  octets(event.message)
  to.int32(4).int32(event.rcode).text(event.section).text(event.reason).text(event.detail).text(event.rule)
  to.int32(8).int64(event.serialBefore).int32(8).int64(event.serialAfter)
  octets(event.diff)
  octets(event.previousHash)
  octets(event.hash)
}

function uuidOf(octets: Uint8Array): string {
  const text = Buffer.from(octets.buffer, octets.byteOffset, 16).toString('hex')
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    '-',
  )
}

export const COPY_HEAD = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
export const COPY_END = Buffer.from([0xff, 0xff])
