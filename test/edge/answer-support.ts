import assert from 'node:assert/strict'
import { type Query, queryOf, readPlainQuery } from '../../services/edge/answer/query.ts'
import { Responder, type ResponderDeps } from '../../services/edge/answer/responder.ts'
import type { ZoneSource } from '../../services/edge/answer/zone-answers.ts'
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
export function catalogOf(
  zones: readonly CachedZone[],
): Catalog & ZoneSource & { readonly generation: number; get(zone: CatalogZone): CachedZone } {
  const entries = new Map(zones.map(({ id, apex }) => [apex, { id, name: apex, rules: [] }]))
  return {
    generation: 1,
    zoneFor(name) {
      for (let at: Name | undefined = name; at !== undefined; at = parentOf(at))
        if (entries.has(at)) return entries.get(at)
      return undefined
    },
    zoneById: (id) => [...entries.values()].find((zone) => zone.id === id),
    get: (zone) => zones.find(({ id }) => id === zone.id)!,
    isExpired: () => false,
  }
}

export interface AskOptions {
  readonly transport?: 'udp' | 'tcp'
  readonly reserve?: number
  readonly query?: Partial<MessageParts>
  /** Settings of the edge. */
  readonly edge?: Partial<ResponderDeps>
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

/** An edge's answers from these zones, with every setting at its default but those given. */
export function responderOf(zones: readonly CachedZone[], edge: Partial<ResponderDeps> = {}): Responder {
  const held = catalogOf(zones)
  return new Responder({
    zones: held,
    catalog: held,
    udpSize: 1_232,
    minimalAny: true,
    identity: { version: undefined, id: undefined },
    cookies: undefined,
    demandCookies: false,
    limiter: undefined,
    idleMs: 10_000,
    now: Date.now,
    ...edge,
  })
}

/** As it is read on its way in; both readers say the same of what both can read. */
export function readQuery(bytes: Uint8Array): Query {
  const [plain, whole] = [readPlainQuery(bytes), queryOf(decoded(bytes))]
  if (plain !== undefined) assert.deepEqual(plain, whole)
  return whole
}

/** Puts a question through the wire form, as a client would. */
export async function ask(
  zones: CachedZone | readonly CachedZone[],
  question: string,
  options: AskOptions = {},
): Promise<Asked> {
  const responder = responderOf(zones instanceof CachedZone ? [zones] : zones, options.edge)
  const answer = await askResponder(responder, question, options)
  assert.ok(answer, 'silence')
  return answer
}

/** The same of one edge, which may have been asked before; undefined is silence. */
export async function askResponder(
  responder: Responder,
  question: string,
  options: AskOptions & { readonly from?: string } = {},
): Promise<Asked | undefined> {
  const bytes = queryBytes(question, options.query)
  const { from: address = '192.0.2.99', transport = 'udp', reserve } = options
  const from: Requester = { address, port: 5353, transport }
  const answer = await responder.respond(bytes, readQuery(bytes), from, reserve)
  return answer && asked(answer)
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
