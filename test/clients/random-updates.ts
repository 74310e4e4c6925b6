import { Class, Opcode, Type, typeFromText } from '../../shared/dns/codes.ts'
import { encodeMessage } from '../../shared/dns/message.ts'
import { type Name, nameOf } from '../../shared/dns/name.ts'
import { rdataFromText } from '../../shared/dns/rdata.ts'
import type { Question, ResourceRecord } from '../../shared/dns/record.ts'

/** Random numbers that a seed makes again (mulberry32), with the choices that the generators below need. */
export class Dice {
  private state: number

  constructor(seed: number) {
    this.state = seed
  }

  /** 0 ≤ n < 1. */
  roll(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }

  below(limit: number): number {
    return Math.floor(this.roll() * limit)
  }

  chance(probability: number): boolean {
    return this.roll() < probability
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }
}

/** Few names and values, so that messages meet what others left. */
const OWNERS = [
  '@',
  '@',
  'a',
  'b',
  'c',
  'd',
  'deep.er',
  'er',
  'below.cut',
  'cut',
  '*.wild',
  'x.wild',
  '_s._tcp',
]
const OUTSIDE = ['example.', 'other.example.', 'xdiff.example.', '.']

const VALUES: Readonly<Record<string, readonly string[]>> = {
  A: ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
  AAAA: ['2001:db8::1', '2001:db8::2'],
  TXT: ['"one"', '"One"', '"one" "two"', '""'],
  CNAME: ['a', 'b', 'target.other.example.'],
  NS: ['ns1', 'ns2', 'ns.other.example.'],
  MX: ['10 mail', '20 mail', '10 mail.other.example.'],
  SRV: ['0 0 443 a', '1 0 443 a'],
  PTR: ['a', 'b'],
  DNAME: ['other.example.', 'another.example.'],
  WKS: ['192.0.2.1 6 25', '192.0.2.1 6 25 80', '192.0.2.1 17 53'],
  HINFO: ['"a" "b"', '"A" "b"'],
  CAA: ['0 issue "ca.example"', '0 ISSUE "ca.example"'],
  KEY: ['512 3 8 AwEAAbqJ', '512 3 8 AwEAAbqK'],
  SSHFP: [`1 1 ${'AB'.repeat(20)}`],
  TYPE65280: ['\\# 0', '\\# 3 010203'],
}
/** Names in them compare without regard to case (RFC 2136 §1.1.1). */
const RESPELLED: Readonly<Record<string, readonly string[]>> = {
  CNAME: ['A', 'TARGET.other.EXAMPLE.'],
  NS: ['NS1', 'ns.OTHER.example.'],
  MX: ['10 MAIL'],
  SRV: ['0 0 443 A'],
  PTR: ['A', 'B'],
  DNAME: ['Other.Example.'],
}
const TYPES = Object.keys(VALUES)
const META = [Type.ANY, Type.AXFR, Type.IXFR, Type.MAILA, Type.MAILB, 128, 200]

/** A message and what it says, for a reader of a failure. */
export interface RandomUpdate {
  readonly bytes: Uint8Array
  readonly prerequisites: readonly ResourceRecord[]
  readonly updates: readonly ResourceRecord[]
}

/** How often a record is one that servers are known to treat each in its own way. */
const ODD = 0.02

/** Messages of RFC 2136 §2 about one zone: most of them sound, some with one thing wrong in any section. */
export class RandomUpdates {
  private readonly dice: Dice
  private readonly zone: Name
  private readonly ttls: readonly number[]

  constructor(dice: Dice, zone: Name, ttls: readonly number[] = [60, 60, 300, 0]) {
    this.dice = dice
    this.zone = zone
    this.ttls = ttls
  }

  /** `serial` is the zone's now. */
  next(id: number, serial: number): RandomUpdate {
    const { dice } = this
    if (dice.chance(0.02)) return asMessage(id, this.wrongZoneSection(), [], [this.addition()])
    const prerequisites = times(dice.of([0, 0, 0, 1, 1, 2, 3]), () => this.prerequisite())
    const [twice] = prerequisites
    if (twice !== undefined && dice.chance(ODD)) prerequisites.push(twice)
    const updates = times(dice.of([0, 1, 1, 2, 3, 4]), () => this.change(serial))
    return asMessage(id, [question(this.zone)], prerequisites, updates)
  }

  private wrongZoneSection(): Question[] {
    return this.dice.of([
      [question(this.zone), question(this.zone)],
      [question(this.zone, { type: Type.A })],
      [question(nameOf('nobody.example.'))],
      [question(this.absolute('a'))],
    ])
  }

  /** RFC 2136 §2.4. */
  private prerequisite(): ResourceRecord {
    const { dice } = this
    const type = dice.of(TYPES)
    const owner = this.owner()
    const sound = dice.of<ResourceRecord>([
      record(owner, typeFromText(type)!, Class.ANY),
      record(owner, typeFromText(type)!, Class.NONE),
      record(owner, Type.ANY, Class.ANY),
      record(owner, Type.ANY, Class.NONE),
      record(owner, typeFromText(type)!, Class.IN, 0, this.respelled(type)),
    ])
    return dice.chance(0.06) ? spoiled(dice, sound) : sound
  }

  /** RFC 2136 §2.5. */
  private change(serial: number): ResourceRecord {
    const { dice } = this
    if (dice.chance(0.05)) return this.soa(serial)
    if (dice.chance(ODD)) return this.oddity()
    const sound = dice.chance(0.45) ? this.addition() : this.deletion()
    return dice.chance(0.03) ? spoiled(dice, sound) : sound
  }

  private addition(): ResourceRecord {
    const { dice } = this
    const type = dice.of(TYPES)
    const owner = this.absolute(dice.of(OWNERS.filter((each) => mayHold(each, type))))
    return this.added(owner, type, dice.of(VALUES[type]!))
  }

  private added(owner: Name, type: string, value: string, ttl = this.dice.of(this.ttls)): ResourceRecord {
    return record(owner, typeFromText(type)!, Class.IN, ttl, this.rdata(type, value))
  }

  /** What each server may treat in its own way: test/conformance lists which does. */
  private oddity(): ResourceRecord {
    const { dice } = this
    const owner = this.absolute(dice.of(OWNERS))
    const respelled = dice.of(Object.keys(RESPELLED))
    return dice.of<() => ResourceRecord>([
      () => this.added(owner.toUpperCase() as Name, 'A', dice.of(VALUES.A!)),
      () => this.added(owner, 'A', dice.of(VALUES.A!), 0x8000_0000 + dice.below(9)),
      () => this.added(this.absolute(dice.of(['a', 'b', 'c'])), respelled, dice.of(RESPELLED[respelled]!)),
      () => this.added(this.absolute('*.wild'), dice.of(['NS', 'DNAME']), 'ns.other.example.'),
      () => this.added(this.zone, 'NS', 'nowhere'),
      () => this.added(owner, 'DS', `1 8 2 ${'AB'.repeat(32)}`),
      () => this.added(owner, 'NSEC', 'a A'),
      () => this.added(owner, 'TYPE65534', '\\# 1 00'),
    ])()
  }

  private deletion(): ResourceRecord {
    const { dice } = this
    const type = dice.of(TYPES)
    const number = typeFromText(type)!
    const owner = this.owner()
    return dice.of([
      record(owner, number, Class.ANY),
      record(owner, Type.ANY, Class.ANY),
      record(owner, number, Class.NONE, 0, this.respelled(type)),
      record(owner, number, Class.NONE, 0, this.respelled(type)),
    ])
  }

  private soa(serial: number): ResourceRecord {
    const { dice, zone } = this
    const other = (serial + dice.of([-1, 0, 1, 5, 0x7fff_ffff, -5])) >>> 0
    const rdata = this.rdata('SOA', `ns1 hostmaster ${other} 3600 600 86400 ${dice.of([60, 300])}`)
    return dice.of([
      record(dice.chance(0.8) ? zone : this.absolute('b'), Type.SOA, Class.IN, 300, rdata),
      record(zone, Type.SOA, Class.ANY),
      record(zone, Type.SOA, Class.NONE, 0, rdata),
    ])
  }

  /** Now and then in another case, which means the same (RFC 4343). */
  private owner(): Name {
    const text = this.absolute(this.dice.of(OWNERS))
    return (this.dice.chance(0.2) ? text.toUpperCase() : text) as Name
  }

  private absolute(owner: string): Name {
    return nameOf(owner === '@' ? this.zone : `${owner}.${this.zone}`)
  }

  private respelled(type: string): Uint8Array {
    return this.rdata(type, this.dice.of([...VALUES[type]!, ...(RESPELLED[type] ?? [])]))
  }

  private rdata(type: string, text: string): Uint8Array {
    const rdata = rdataFromText(typeFromText(type)!, text, this.zone)
    if (!rdata.ok) throw new Error(`${type} ${text}: ${rdata.reason}`)
    return rdata.value
  }
}

function asMessage(
  id: number,
  questions: readonly Question[],
  prerequisites: readonly ResourceRecord[],
  updates: readonly ResourceRecord[],
): RandomUpdate {
  const sections = { questions, answers: prerequisites, authorities: updates }
  return { prerequisites, updates, bytes: encodeMessage({ id, opcode: Opcode.UPDATE, ...sections }) }
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

function question(name: Name, more: Partial<Question> = {}): Question {
  return { name, type: Type.SOA, class: Class.IN, ...more }
}

/** The oddities have their own place. */
function mayHold(owner: string, type: string): boolean {
  if (type === 'DNAME') return owner !== '@' && !owner.startsWith('*')
  return type !== 'NS' || !owner.startsWith('*')
}

/** One thing wrong. */
function spoiled(dice: Dice, sound: ResourceRecord): ResourceRecord {
  return dice.of<() => ResourceRecord>([
    () => ({ ...sound, class: dice.of([2, Class.CH, 4, 253]) }),
    () => ({ ...sound, ttl: 1 }),
    () => ({ ...sound, type: dice.of(META) }),
    () => ({ ...sound, name: nameOf(dice.of(OUTSIDE)) }),
    () => ({ ...sound, rdata: sound.rdata.subarray(0, -1) }),
    () => ({ ...sound, rdata: Buffer.concat([sound.rdata, Buffer.of(0)]) }),
    () => ({ ...sound, rdata: new Uint8Array() }),
  ])()
}

function record(
  name: Name,
  type: number,
  class_: number,
  ttl = 0,
  rdata: Uint8Array = new Uint8Array(),
): ResourceRecord {
  return { name, type, class: class_, ttl, rdata }
}
