import { BlockList, isIP } from 'node:net'
import { Type } from '../../../shared/dns/codes.ts'
import { decodeMessage } from '../../../shared/dns/message.ts'
import { equalOctets } from '../../../shared/dns/octets.ts'
import { rdataToText } from '../../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import { serialOf, withSerial } from '../../../shared/dns/soa.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { diffOf } from './fold.ts'

/** What an event must be to be told of, beside what Postgres can look for. */
export interface RecordFilter {
  readonly type?: number
  /** RDATA as text, or one of its words: `192.0.2.1`, `mail.example.com.`. */
  readonly value?: string
}

/** Whether a record that the event changed, or that its message asked for, is of that type and value. */
export function speaksOf(event: Pick<ZoneEvent, 'seq' | 'diff' | 'message'>, filter: RecordFilter): boolean {
  if (filter.type === undefined && filter.value === undefined) return true
  for (const record of recordsOf(event)) if (matches(record, filter)) return true
  return false
}

function* recordsOf(event: Pick<ZoneEvent, 'seq' | 'diff' | 'message'>): Generator<ResourceRecord> {
  const diff = diffOf(event)
  if (diff !== undefined) {
    const { oldSoa, newSoa } = diff
    // every change moves the serial; only one of the other fields is a change of the SOA
    if (oldSoa === undefined || !sameButSerial(oldSoa, newSoa)) yield newSoa
    yield* diff.removed
    yield* diff.added
  }
  const message = event.message.length === 0 ? undefined : decodeMessage(event.message)
  if (message?.ok) yield* message.value.authorities
}

function sameButSerial(a: ResourceRecord, b: ResourceRecord): boolean {
  return a.ttl === b.ttl && equalOctets(a.rdata, withSerial(b.rdata, serialOf(a.rdata)))
}

function matches(record: ResourceRecord, { type, value }: RecordFilter): boolean {
  if (type !== undefined && record.type !== type && record.type !== Type.ANY) return false
  if (value === undefined) return true
  if (record.rdata.length === 0) return false
  const text = rdataToText(record.type, record.rdata).toLowerCase()
  const wanted = value.toLowerCase()
  return text === wanted || text.split(' ').some((word) => word === wanted || unquoted(word) === wanted)
}

function unquoted(word: string): string {
  return word.replace(/^"(.*)"$/, '$1')
}

/** Tests addresses against one, or a range such as 192.0.2.0/24; undefined when the text is neither. */
export function addressTest(text: string): ((address: string) => boolean) | undefined {
  const [address = '', prefix, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return undefined
  const longest = family === 4 ? 32 : 128
  const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
  if (length < 0 || length > longest) return undefined
  const list = new BlockList()
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  list.addSubnet(address, length, kind)
  return (other) => isIP(other) === family && list.check(other, kind)
}
