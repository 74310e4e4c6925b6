import assert from 'node:assert/strict'
import { decide } from '../../services/zone-writer/decide/decide.ts'
import type { Decision } from '../../services/zone-writer/decide/decision.ts'
import { type Identity, keyIdentity, type Source, type Transport } from '../../shared/commands.ts'
import { Class, Opcode, Rcode, rcodeToText, Type, typeFromText } from '../../shared/dns/codes.ts'
import type { EdnsOption } from '../../shared/dns/edns.ts'
import { decodeMessage, encodeMessage, type Message } from '../../shared/dns/message.ts'
import { type Name, nameOf, parseName } from '../../shared/dns/name.ts'
import { rdataFromText } from '../../shared/dns/rdata.ts'
import type { ResourceRecord, RRset } from '../../shared/dns/record.ts'
import { parseZoneFile } from '../../shared/dns/zone-file.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import { parseRule } from '../../shared/rules/parse-rule.ts'
import { leaseOption } from '../../shared/update-lease.ts'
import { ZoneContents } from '../../shared/zone-contents.ts'
import { DEFAULT_SETTINGS, type ZoneSettings } from '../../shared/zone-settings.ts'

/** Words for specifications: given a zone, when an UPDATE asks, then it is so. Names are relative to example.com. */
export const APEX: Name = nameOf('example.com.')

const APEX_RECORDS = `
@ 3600 IN SOA ns1 hostmaster 1 3600 600 1209600 300
@ 3600 IN NS ns1
`

/** A zone with an SOA of serial 1, one NS, and these lines of a zone file. */
export function zoneOf(lines = '', apex = APEX_RECORDS): ZoneContents {
  const parsed = parseZoneFile(`${apex}\n${lines}\n`.replaceAll(/^ +/gm, ''), {
    origin: APEX,
    defaultTtl: 300,
  })
  assert.ok(parsed.ok, parsed.ok ? '' : JSON.stringify(parsed.errors))
  return new ZoneContents(APEX, rrsetsOf(parsed.records))
}

export function rrsetsOf(records: readonly ResourceRecord[]): RRset[] {
  const sets = Map.groupBy(records, (record) => `${record.type} ${record.name.toLowerCase()}`)
  return [...sets.values()].map((group) => ({ ...group[0]!, rdata: group.map((record) => record.rdata) }))
}

/** `www 300 A 192.0.2.1`; without TTL it is 0, without RDATA it is empty; `octets:` takes RDATA in hex, right or wrong. */
export function recordOf(text: string, class_: number): ResourceRecord {
  const [owner = '', ...words] = text.trim().split(/\s+/)
  const ttl = /^\d+$/.test(words[0] ?? '') ? Number(words.shift()) : 0
  const type = typeFromText(words.shift() ?? '')
  const name = parseName(owner === '@' ? APEX : owner, owner.endsWith('.') ? undefined : APEX)
  assert.ok(type !== undefined && name.ok, `bad record in a test: ${text}`)
  if (words.length === 0) return { name: name.value, type, class: class_, ttl, rdata: new Uint8Array() }
  if (words[0]?.startsWith('octets:')) {
    const rdata = Buffer.from(words[0].slice(7), 'hex')
    return { name: name.value, type, class: class_, ttl, rdata }
  }
  const rdata = rdataFromText(type, words.join(' '), APEX)
  assert.ok(rdata.ok, rdata.ok ? '' : `${text}: ${rdata.reason}`)
  return { name: name.value, type, class: class_, ttl, rdata: rdata.value }
}

export function given(zone: ZoneContents): UpdateSpec {
  return new UpdateSpec(zone)
}

/** An UPDATE under construction; it goes through the wire form, as a real one does. */
export class UpdateSpec {
  private readonly zone: ZoneContents
  private readonly prerequisites: ResourceRecord[] = []
  private readonly updates: ResourceRecord[] = []
  private rules = ['grant * zonesub ANY NSEC NSEC3']
  private settings = DEFAULT_SETTINGS
  private now = 0
  private options: readonly EdnsOption[] = []
  private sender: { identity: Identity; source: Source; transport: Transport } = {
    identity: 'unsigned',
    source: { address: '192.0.2.99', port: 5353 },
    transport: 'udp',
  }

  constructor(zone: ZoneContents) {
    this.zone = zone
  }

  // §2.4
  requireRRset(...texts: string[]): this {
    return this.prerequisite(Class.ANY, texts)
  }
  requireValues(...texts: string[]): this {
    return this.prerequisite(Class.IN, texts)
  }
  requireNoRRset(...texts: string[]): this {
    return this.prerequisite(Class.NONE, texts)
  }
  requireName(name: string): this {
    return this.prerequisite(Class.ANY, [`${name} ANY`])
  }
  requireNoName(name: string): this {
    return this.prerequisite(Class.NONE, [`${name} ANY`])
  }

  // §2.5
  add(...texts: string[]): this {
    return this.update(Class.IN, texts)
  }
  deleteRRset(...texts: string[]): this {
    return this.update(Class.ANY, texts)
  }
  deleteName(name: string): this {
    return this.update(Class.ANY, [`${name} ANY`])
  }
  deleteRecord(...texts: string[]): this {
    return this.update(Class.NONE, texts)
  }

  prerequisite(class_: number, texts: readonly string[]): this {
    this.prerequisites.push(...texts.map((text) => recordOf(text, class_)))
    return this
  }
  update(class_: number, texts: readonly string[]): this {
    this.updates.push(...texts.map((text) => recordOf(text, class_)))
    return this
  }
  underRules(...rules: string[]): this {
    this.rules = rules
    return this
  }

  underSettings(settings: Partial<ZoneSettings>): this {
    this.settings = { ...DEFAULT_SETTINGS, ...settings }
    return this
  }
  /** Signed with the key of this name. */
  signedBy(key: string): this {
    this.sender = { ...this.sender, identity: keyIdentity(nameOf(key)) }
    return this
  }
  from(address: string, transport: Transport = 'udp'): this {
    this.sender = { ...this.sender, source: { address, port: 5353 }, transport }
    return this
  }
  /** When the message is decided, as ISO 8601. */
  at(time: string): this {
    this.now = Date.parse(time)
    return this
  }

  /** With the Update Lease option (RFC 9664), in seconds. */
  leasedFor(lease: number, keyLease?: number): this {
    return this.withOptions(leaseOption({ lease, ...(keyLease === undefined ? {} : { keyLease }) }))
  }
  withOptions(...options: EdnsOption[]): this {
    this.options = options
    return this
  }

  wire(): Uint8Array {
    return encodeMessage({
      id: 1,
      opcode: Opcode.UPDATE,
      questions: [{ name: APEX, type: Type.SOA, class: Class.IN }],
      answers: this.prerequisites,
      authorities: this.updates,
      ...(this.options.length === 0 ? {} : { edns: { options: this.options } }),
    })
  }

  decision(): Decision {
    const rules = this.rules.map((text) => {
      const rule = parseRule(text, APEX)
      assert.ok(rule.ok, rule.ok ? '' : rule.reason)
      return rule.value
    })
    const request = { message: decoded(this.wire()), ...this.sender, now: this.now }
    const recordCount = [...this.zone.rrsets()].reduce((sum, { rdata }) => sum + rdata.length, 0)
    return decide(this.zone, rules, request, { settings: this.settings, recordCount })
  }

  isRejected(rcode: keyof typeof Rcode, section: string): void {
    const decision = this.decision()
    assert.equal(
      `${rcodeToText(decision.verdict.rcode)} ${decision.verdict.section}`,
      `${rcode} ${section}`,
      decision.verdict.detail,
    )
    assert.equal(decision.kind, 'rejected')
  }

  /** REFUSED by the update rules (RFC 2136 §3.3), with this reason. */
  isRefused(reason: string): void {
    this.isRejected('REFUSED', '3.3')
    assert.equal(this.decision().verdict.reason, reason)
  }

  /** Accepted, and nothing moved. */
  changesNothing(): void {
    const decision = this.decision()
    assert.equal(decision.kind, 'unchanged', decision.verdict.detail)
    assert.equal(decision.verdict.rcode, Rcode.NOERROR)
  }

  /** Accepted with exactly these records taken away (`-`) and put in (`+`), SOA apart. */
  changes(...lines: string[]): void {
    const decision = this.decision()
    assert.equal(decision.kind, 'changed', decision.verdict.detail)
    if (decision.kind !== 'changed') return
    const { removed, added } = decision.diff
    const actual = [
      ...removed.map((record) => `- ${shown(record)}`),
      ...added.map((record) => `+ ${shown(record)}`),
    ]
    assert.deepEqual(actual.sort(), lines.sort())
  }

  /** Accepted, with this serial afterwards. */
  hasSerial(serial: number): void {
    const decision = this.decision()
    assert.equal(decision.kind, 'changed', decision.verdict.detail)
    if (decision.kind === 'changed') assert.equal(decision.serial, serial)
  }
}

/** `www 300 A 192.0.2.1`, relative to the zone where that is shorter. */
function shown(record: ResourceRecord): string {
  return recordToText(record)
    .replace(/\sIN\s/, ' ')
    .replaceAll(/\s+/g, ' ')
    .replace(/^example\.com\. /, '@ ')
    .replaceAll('.example.com.', '')
}

export function decoded(wire: Uint8Array): Message {
  const message = decodeMessage(wire)
  assert.ok(message.ok, message.ok ? '' : message.reason)
  return message.value
}
