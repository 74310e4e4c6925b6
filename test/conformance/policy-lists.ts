import { Class, Type, typeFromText } from '../../shared/dns/codes.ts'
import { canonicalName, type Name, nameOf } from '../../shared/dns/name.ts'
import { rdataFromText } from '../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import type { Dice } from '../clients/random-updates.ts'

// Random lists of update rules, in the words of both servers, and updates that meet them.

/** A rule as BIND writes it, in parts; names absolute. */
export interface PolicyRule {
  readonly action: 'grant' | 'deny'
  /** The name of a key, a wildcard of such names, or `*`, which is any key. */
  readonly identity: string
  readonly match: string
  readonly name: Name | undefined
  readonly types: readonly string[]
}

const OWNERS = ['@', 'a', 'b', 'sub', 'x.sub', 'y.x.sub', '*.sub', 'z.a', 'c']
const VALUES: Readonly<Record<string, readonly string[]>> = {
  A: ['192.0.2.1', '192.0.2.2'],
  AAAA: ['2001:db8::1'],
  TXT: ['"one"', '"two"'],
  MX: ['10 mail'],
  CAA: ['0 issue "ca.example"'],
  PTR: ['target.other.example.'],
  SRV: ['0 0 443 target.other.example.'],
  NS: ['ns.other.example.'],
  TYPE65280: ['\\# 1 00'],
}
const TYPES = Object.keys(VALUES)
/** BIND lets everybody delete these where there is nothing of them; so no message deletes them by type or value. */
const CHECKED_BY_TARGET = ['PTR', 'SRV']
const MATCHES = ['name', 'subdomain', 'subdomain', 'zonesub', 'wildcard', 'self', 'selfsub', 'selfwild']

/** The keys that know a zone: two by name alone, one of a name in it, and one of its parent. */
export function keysOf(zone: Name): Name[] {
  return [nameOf('plain.'), nameOf('other.plain.'), nameOf(`a.${zone}`), nameOf(`sub.${zone}`), zone]
}

/** Most end in a wide grant, so that what goes before it decides. */
export function randomRules(dice: Dice, zone: Name): PolicyRule[] {
  const rules = Array.from({ length: 1 + dice.below(5) }, () => randomRule(dice, zone))
  if (dice.chance(0.2)) return rules
  const identity = dice.of(['*', '*', '*.plain.', ...keysOf(zone)])
  const types = dice.of([[], [], ['ANY'], ['A', 'AAAA', 'TXT', 'PTR']])
  return [...rules, { action: 'grant', identity, match: 'zonesub', name: undefined, types }]
}

function randomRule(dice: Dice, zone: Name): PolicyRule {
  const match = dice.of(MATCHES)
  const identity = dice.of([...keysOf(zone), ...keysOf(zone), '*', '*.plain.', `*.${zone}`])
  const takesName = match === 'name' || match === 'subdomain' || match === 'wildcard'
  const owner = absolute(dice.of(OWNERS.filter((each) => !each.startsWith('*'))), zone)
  const name = match === 'wildcard' ? canonicalName(nameOf(`*.${owner}`)) : owner
  const types = dice.of([0, 0, 1, 2, 3])
  return {
    action: dice.chance(0.75) ? 'grant' : 'deny',
    identity: match.startsWith('self') && dice.chance(0.5) ? '*' : identity,
    match,
    name: takesName ? name : undefined,
    types: dice.chance(0.15) ? ['ANY'] : [...new Set(Array.from({ length: types }, () => dice.of(TYPES)))],
  }
}

export function inBindWords({ action, identity, match, name, types }: PolicyRule): string {
  const where = match === 'zonesub' ? '' : ` ${name ?? '.'}`
  return `${action} ${identity} ${match}${where} ${types.join(' ')};`
}

export function inOurWords({ action, identity, match, name, types }: PolicyRule): string {
  const who = identity === '*' ? '*.' : identity
  return [action, who, match, ...(name === undefined ? [] : [name]), ...types].join(' ')
}

/** What one message changes. */
export function randomRecords(dice: Dice, zone: Name): ResourceRecord[] {
  return Array.from({ length: dice.of([0, 1, 1, 1, 2, 3]) }, () => randomRecord(dice, zone))
}

function randomRecord(dice: Dice, zone: Name): ResourceRecord {
  if (dice.chance(0.02)) return record(nameOf('outside.example.'), Type.A, Class.ANY)
  const owner = absolute(dice.of(OWNERS), zone)
  const name = (dice.chance(0.2) ? owner.toUpperCase() : owner) as Name
  const isApex = owner === zone
  const mayStand = TYPES.filter((type) => type !== 'NS' || (!isApex && !owner.startsWith('*')))
  const type = dice.of(mayStand)
  const number = typeFromText(type)!
  const rdata = octets(type, dice.of(VALUES[type]!), zone)
  const addition = record(name, number, Class.IN, 60, rdata)
  if (dice.chance(0.5)) return addition
  // who may delete the whole apex is one of the differences
  if (!isApex && dice.chance(0.3)) return record(name, Type.ANY, Class.ANY)
  if (CHECKED_BY_TARGET.includes(type)) return addition
  return dice.chance(0.5) ? record(name, number, Class.ANY) : record(name, number, Class.NONE, 0, rdata)
}

function octets(type: string, text: string, zone: Name): Uint8Array {
  const rdata = rdataFromText(typeFromText(type)!, text, zone)
  if (!rdata.ok) throw new Error(`${type} ${text}: ${rdata.reason}`)
  return rdata.value
}

function absolute(owner: string, zone: Name): Name {
  return nameOf(owner === '@' ? zone : `${owner}.${zone}`)
}

export function record(
  name: Name,
  type: number,
  class_: number,
  ttl = 0,
  rdata: Uint8Array = new Uint8Array(),
): ResourceRecord {
  return { name, type, class: class_, ttl, rdata }
}
