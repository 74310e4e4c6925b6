import assert from 'node:assert/strict'
import { respondToQuery } from '../../services/edge/answer/respond.ts'
import type { Requester } from '../../services/edge/listeners/listener.ts'
import { CachedZone } from '../../services/edge/zones/cached-zone.ts'
import type { Catalog } from '../../services/edge/zones/catalog-view.ts'
import type { CatalogZone } from '../../shared/catalog.ts'
import { Class, rcodeToText, typeFromText } from '../../shared/dns/codes.ts'
import { decodeMessage, encodeMessage, type Message, type MessageParts } from '../../shared/dns/message.ts'
import { type GivenName, type Name, nameOf, parentOf, parseName } from '../../shared/dns/name.ts'
import type { ResourceRecord, RRset } from '../../shared/dns/record.ts'
import { serialOf } from '../../shared/dns/soa.ts'
import { parseZoneFile } from '../../shared/dns/zone-file.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'

export const SOA = 'example.com. 300 IN SOA ns1.example.com. hostmaster.example.com. 7 3600 600 86400 300'
const APEX_LINES = `
@ 3600 IN SOA ns1 hostmaster 7 3600 600 86400 300
@ 3600 IN NS ns1
ns1 3600 IN A 192.0.2.53
`

export function recordsOfFile(text: string, origin: Name): ResourceRecord[] {
  const parsed = parseZoneFile(text.replaceAll(/^ +/gm, ''), { origin, defaultTtl: 300 })
  assert.ok(parsed.ok, parsed.ok ? '' : JSON.stringify(parsed.errors))
  return parsed.records
}

export function setsOf(records: readonly ResourceRecord[]): RRset[] {
  const groups = Map.groupBy(records, ({ name, type }) => `${type} ${name.toLowerCase()}`)
  return [...groups.values()].map((group) => ({ ...group[0]!, rdata: group.map(({ rdata }) => rdata) }))
}

/** A zone with these lines of a zone file beside SOA (serial 7) and NS, as if fetched. */
export function zoneWith(lines: string, origin = 'example.com.', apexLines = APEX_LINES): CachedZone {
  const apex = nameOf(origin)
  const sets = setsOf(recordsOfFile(`${apexLines}\n${lines}\n`, apex))
  const soa = sets.find(({ type }) => type === 6)!
  const head = { seq: 1, serial: serialOf(soa.rdata[0]!), hash: new Uint8Array(32) }
  return new CachedZone(zoneIds++, apex, head).load(sets).complete()
}
let zoneIds = 1

/** A catalog of zones that are all at hand. */
export function catalogOf(zones: readonly CachedZone[]): Catalog & { get(zone: CatalogZone): CachedZone } {
  const entries = new Map(zones.map(({ id, apex }) => [apex, { id, name: apex, rules: [] }]))
  return {
    zoneFor(name) {
      for (let at: Name | undefined = name; at !== undefined; at = parentOf(at))
        if (entries.has(at)) return entries.get(at)
      return undefined
    },
    zoneById: (id) => [...entries.values()].find((zone) => zone.id === id),
    get: (zone) => zones.find(({ id }) => id === zone.id)!,
  }
}

export interface AskOptions {
  readonly transport?: 'udp' | 'tcp'
  readonly reserve?: number
  readonly query?: Partial<MessageParts>
}

export interface Asked {
  readonly bytes: Uint8Array
  readonly message: Message
  /** `NOERROR aa`, with the flags that are set. */
  readonly status: string
  readonly answer: string[]
  readonly authority: string[]
  readonly additional: string[]
}

/** `www.example.com. A` */
export function queryBytes(question: string, query: Partial<MessageParts> = {}): Uint8Array {
  const [name = '', type = '', className] = question.split(' ')
  const parsed = parseName(name)
  assert.ok(parsed.ok)
  const questions = [
    {
      name: parsed.value as GivenName,
      type: typeFromText(type)!,
      class: className === 'CH' ? Class.CH : Class.IN,
    },
  ]
  return encodeMessage({ id: 4711, questions, ...query })
}

/** Puts a question through the wire form, as a client would. */
export async function ask(
  zones: CachedZone | readonly CachedZone[],
  question: string,
  options: AskOptions = {},
): Promise<Asked> {
  const held = catalogOf(zones instanceof CachedZone ? [zones] : zones)
  const query = queryBytes(question, options.query)
  const from: Requester = { address: '192.0.2.99', port: 5353, transport: options.transport ?? 'udp' }
  return asked(await respondToQuery(query, decoded(query), from, held, held, options.reserve ?? 0))
}

export function decoded(bytes: Uint8Array): Message {
  const message = decodeMessage(bytes)
  assert.ok(message.ok, message.ok ? '' : message.reason)
  return message.value
}

export function asked(bytes: Uint8Array): Asked {
  const message = decoded(bytes)
  const { header } = message
  assert.equal(header.qr, true)
  assert.equal(header.id, 4711)
  const rcode = header.rcode + ((message.edns?.extendedRcode ?? 0) << 4)
  const flags = (['aa', 'tc', 'rd', 'ra'] as const).filter((flag) => header[flag])
  return {
    bytes,
    message,
    status: [rcodeToText(rcode), ...flags].join(' '),
    answer: message.answers.map(text),
    authority: message.authorities.map(text),
    additional: message.additionals.map(text),
  }
}

function text(record: ResourceRecord): string {
  return recordToText(record).replaceAll(/\s+/g, ' ')
}
