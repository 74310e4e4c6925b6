import { Class, Opcode, Type } from '../../../shared/dns/codes.ts'
import { encodeMessage } from '../../../shared/dns/message.ts'
import { type GivenName, type Name, parentOf, parseName, ROOT } from '../../../shared/dns/name.ts'
import { parseZoneFile } from '../../../shared/dns/zone-file.ts'
import { ZONE_FILES } from './zones.ts'

/** One query, as it is sent to every server. */
export interface RandomQuery {
  readonly bytes: Uint8Array
  readonly name: GivenName
  readonly type: number
  readonly class: number
  /** Undefined without EDNS. */
  readonly edns: { readonly udpSize: number; readonly version: number } | undefined
  /** For a failure. */
  readonly text: string
}

const TYPES: readonly number[] = [
  Type.A,
  Type.AAAA,
  Type.NS,
  Type.SOA,
  Type.MX,
  Type.TXT,
  Type.CNAME,
  Type.SRV,
  Type.DS,
  Type.DNAME,
  Type.PTR,
  Type.CAA,
  Type.NAPTR,
  Type.HTTPS,
  Type.SVCB,
  Type.ANY,
  Type.RRSIG,
  Type.NSEC,
  Type.DNSKEY,
  Type.MAILB,
  65280,
  4711,
]
const PREFIXES = ['x.', 'www.', 'host.', '*.', 'x.y.', 'ns.', 'WWW.', 'x.*.', `${'l'.repeat(63)}.`]
/** Of hosts that differ by their number the first one is enough. */
const MASS_PRODUCED = /^(?:host-number-|ns|a-server-with-a-long-name-)\d*[1-9]\d*\.(?:example|wide|huge)/
const OUTSIDE = ['com.', '.', 'www.example.net.', 'test.', 'example.org.', 'xexample.com.', 'example.com.au.']

/** The same numbers for the same seed. */
export function* numbers(seed: number): Generator<number, never> {
  for (let state = seed >>> 0; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state / 2 ** 32
  }
}

/** Every name of the zones with every type, then names above, below and beside them at random. */
export function* randomQueries(count: number, seed: number): Generator<RandomQuery> {
  const random = numbers(seed)
  const next = () => random.next().value
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!
  const owners = ownersOfAll()
  let made = 0
  for (const name of owners) for (const type of TYPES) if (made++ < count) yield queryFor(name, type, next)
  for (; made < count; made++) {
    const owner = next() < 0.04 ? (pick(OUTSIDE) as GivenName) : pick(owners)
    const prefixed = next() < 0.6 ? parseName(`${pick(PREFIXES)}${owner === ROOT ? '' : owner}`) : undefined
    yield queryFor(prefixed?.ok ? prefixed.value : owner, pick(TYPES), next)
  }
}

function ownersOfAll(): GivenName[] {
  const owners = new Set<GivenName>()
  for (const [apex, file] of ZONE_FILES) {
    const parsed = parseZoneFile(file, { origin: apex as Name, defaultTtl: 300 })
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
    for (const { name } of parsed.records) if (!MASS_PRODUCED.test(name)) owners.add(name)
  }
  for (const owner of owners) {
    const parent = parentOf(owner as unknown as Name)
    if (parent !== undefined && parent !== ROOT) owners.add(parent)
  }
  return [...owners]
}

function queryFor(plain: GivenName, type: number, next: () => number): RandomQuery {
  const name = next() < 0.2 ? otherCase(plain, next) : plain
  const edns = next() < 0.3 ? undefined : randomEdns(next)
  const chance = next()
  const class_ = chance < 0.005 ? Class.HS : chance < 0.01 ? Class.NONE : Class.IN
  const rd = next() < 0.5
  const bytes = encodeMessage({
    id: 0,
    opcode: Opcode.QUERY,
    flags: { rd, cd: next() < 0.05, ad: next() < 0.05 },
    questions: [{ name, type, class: class_ }],
    ...(edns === undefined ? {} : { edns }),
  })
  const text = `${name} ${type} class ${class_} ${edns === undefined ? 'no EDNS' : JSON.stringify(edns)}`
  return { bytes, name, type, class: class_, edns, text }
}

function randomEdns(next: () => number) {
  const sizes = [0, 512, 600, 900, 1_232, 1_232, 1_232, 1_400, 4_096, 65_535]
  const options = next() < 0.1 ? [{ code: 65_001, data: Buffer.from('unknown') }] : []
  return {
    udpSize: sizes[Math.floor(next() * sizes.length)]!,
    version: next() < 0.01 ? 1 : 0,
    dnssecOk: next() < 0.3,
    options,
  }
}

function otherCase(name: GivenName, next: () => number): GivenName {
  // an escape of three digits has no letters
  const turned = [...name].map((letter) => (next() < 0.5 ? letter.toUpperCase() : letter.toLowerCase()))
  return turned.join('') as GivenName
}
