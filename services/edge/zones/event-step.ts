import { hash as digest } from 'node:crypto'
import { u32, u64 } from '../../../shared/dns/octets.ts'
import { UnreadablePayload } from '../../../shared/events/binary.ts'
import { HASH_LENGTH, kindOf } from '../../../shared/events/event-codec.ts'
import { EVENT_HEAD, peekEvent } from '../../../shared/events/peek-event.ts'
import type { ZoneStep } from '../../../shared/messaging/zone-service.ts'

const U64 = 8

/** An event as far as an edge needs it. */
export interface EventStep extends ZoneStep {
  /** ms since the epoch, by the clock of the writer. */
  readonly decidedAt: number
}

/**
 * Reads what an edge needs of an event, and passes over the rest: who asked for it, for one, which makes up most of it. The octets are views
 * of the payload. Throws UnreadablePayload for another version, a damaged payload, or one whose hash is not that of its contents.
 */
export function readEventStep(payload: Uint8Array): EventStep {
  const { seq, isNotice } = peekEvent(payload)
  if (isNotice) throw new UnreadablePayload('a notice is no event')
  const form = payload.length - HASH_LENGTH
  const fields = new Fields(payload, EVENT_HEAD, form)
  const kind = kindOf(fields.text())
  fields.skip() // command id
  fields.skip() // fingerprint
  fields.pass(2 * U64) // received and queued
  const decidedAt = fields.uint64()
  fields.skip() // identity
  fields.skip() // address
  fields.pass(4) // port
  fields.skip() // transport
  fields.skip() // edge
  fields.skip() // message
  fields.pass(4) // rcode
  for (let texts = 4; texts > 0; texts--) fields.skip() // section, reason, detail, rule
  fields.pass(4) // serial before
  const serialAfter = fields.uint32()
  const diff = fields.bytes()
  const previousHash = fields.bytes()
  fields.end()
  const hash = payload.subarray(form)
  if (Buffer.compare(digest('sha256', payload.subarray(0, form), 'buffer'), hash) !== 0)
    throw new UnreadablePayload('hash does not match the contents')
  return { seq, kind, decidedAt, serialAfter, diff, previousHash, hash }
}

/** Goes through length-prefixed fields up to `limit`. */
class Fields {
  private readonly octets: Uint8Array
  private at: number
  private readonly limit: number

  constructor(octets: Uint8Array, at: number, limit: number) {
    this.octets = octets
    this.at = at
    this.limit = limit
  }

  pass(count: number): number {
    const start = this.at
    this.at += count
    if (this.at > this.limit) throw new UnreadablePayload('payload ends inside a field')
    return start
  }

  skip(): void {
    this.pass(this.uint32())
  }

  uint32(): number {
    return u32(this.octets, this.pass(4))
  }

  uint64(): number {
    return u64(this.octets, this.pass(U64))
  }

  bytes(): Uint8Array {
    const length = this.uint32()
    const start = this.pass(length)
    return this.octets.subarray(start, start + length)
  }

  text(): string {
    return Buffer.from(this.bytes()).toString('utf8')
  }

  end(): void {
    if (this.at !== this.limit) throw new UnreadablePayload('octets left over after the last field')
  }
}
