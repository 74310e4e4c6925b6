import type { GivenName } from '../../../shared/dns/name.ts'
import { rdataKey } from '../../../shared/dns/rdata.ts'
import type { ResourceRecord, RRset } from '../../../shared/dns/record.ts'
import { BinaryReader, BinaryWriter, UnreadablePayload } from '../../../shared/events/binary.ts'

/** A value and the events that put it there and that last asked for it. */
export interface StateRecord {
  readonly rdata: Uint8Array
  readonly setBy: number
  readonly confirmedBy: number
}

/** An RRset after an event, with where its values come from; without records it is gone. */
export interface RRsetState {
  readonly name: GivenName
  readonly type: number
  readonly ttl: number
  readonly records: readonly StateRecord[]
}

const VERSION = 1

export function encodeState({ name, ttl, records }: RRsetState): Uint8Array {
  const out = new BinaryWriter().byte(VERSION).text(name).uint32(ttl)
  for (const { setBy, confirmedBy, rdata } of records) out.uint64(setBy).uint64(confirmedBy).bytes(rdata)
  return out.finish()
}

/** Reads {@link encodeState}'s form; the type stands beside it. Throws UnreadablePayload for anything else. */
export function decodeState(type: number, octets: Uint8Array): RRsetState {
  const reader = new BinaryReader(octets)
  if (reader.byte() !== VERSION) throw new UnreadablePayload('an RRset state of another version')
  const [name, ttl] = [reader.text() as GivenName, reader.uint32()]
  const records: StateRecord[] = []
  while (reader.position < octets.length)
    records.push({ setBy: reader.uint64(), confirmedBy: reader.uint64(), rdata: reader.bytes() })
  return { name, type, ttl, records }
}

/** Undefined where it is gone. */
export function rrsetOf(state: RRsetState | undefined): RRset | undefined {
  if (state === undefined || state.records.length === 0) return undefined
  const { name, type, ttl, records } = state
  return { name, type, ttl, rdata: records.map(({ rdata }) => rdata) }
}

/** An RRset on its way through events: the same order and case of its values as folding diffs gives (shared/zone-contents.ts). */
export class StateDraft {
  readonly type: number
  private name: GivenName
  private ttl: number
  private readonly records: Map<string, StateRecord>

  constructor(state: RRsetState) {
    this.type = state.type
    this.name = state.name
    this.ttl = state.ttl
    this.records = new Map(state.records.map((record) => [rdataKey(state.type, record.rdata), record]))
  }

  remove({ rdata }: ResourceRecord): void {
    this.records.delete(rdataKey(this.type, rdata))
  }

  /** A value that is there already keeps its origin. */
  add({ name, ttl, rdata }: ResourceRecord, seq: number): void {
    if (this.records.size === 0) this.name = name
    this.ttl = ttl
    const key = rdataKey(this.type, rdata)
    if (!this.records.has(key)) this.records.set(key, { rdata, setBy: seq, confirmedBy: seq })
  }

  /** For a set that has one value. */
  replace(record: ResourceRecord, seq: number): void {
    this.records.clear()
    this.add(record, seq)
  }

  /** False when it has no such value. */
  confirm(rdata: Uint8Array, seq: number): boolean {
    const key = rdataKey(this.type, rdata)
    const record = this.records.get(key)
    if (record === undefined) return false
    this.records.set(key, { ...record, confirmedBy: seq })
    return true
  }

  get state(): RRsetState {
    return { name: this.name, type: this.type, ttl: this.ttl, records: [...this.records.values()] }
  }
}
