import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Type, typeFromText, typeToText } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { canonicalRdata, checkRdata, rdataEqual, rdataFromText, rdataToText } from '../../shared/dns/rdata.ts'
import { compileZone, missing } from './programs.ts'
import { SAMPLES } from './samples.ts'

const ORIGIN = nameOf('example')
/** Only here: BIND refuses NXT in a zone with other data, and wants hashed owners for NSEC3. */
const NOT_FOR_BIND = [
  ['NXT', 'next.example. A MX SIG NXT'],
  [
    'NSEC3',
    '1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR MX DNSKEY NS SOA NSEC3PARAM RRSIG',
    '1 0 0 - 00',
  ],
  ['MD', 'a.example.'],
  ['MF', 'a.example.'],
  ['CNAME', 'a.example.'],
  ['SOA', 'ns.example. host\\.master.example. 4294967295 1h 15m 1w2d3h 60'],
] as const
const RECORDS = [...SAMPLES, ...NOT_FOR_BIND].flatMap(([type, ...texts]) =>
  texts.map((text) => ({ type: typeFromText(type)!, text, rdata: parsed(typeFromText(type)!, text) })),
)

function parsed(type: number, text: string | string[]): Uint8Array {
  const rdata = rdataFromText(type, text, ORIGIN)
  assert.ok(rdata.ok, rdata.ok ? '' : `${typeToText(type)} ${text}: ${rdata.reason}`)
  return rdata.value
}

const hexOf = (octets: Uint8Array) => Buffer.from(octets).toString('hex')

function refused(type: number, text: string): string {
  const rdata = rdataFromText(type, text, ORIGIN)
  return rdata.ok ? `read as ${hexOf(rdata.value)}` : rdata.reason
}

describe('RDATA of every type', () => {
  it('has a sample for each type that has a text of its own', () => {
    const opaque = [
      'NULL',
      'OPT',
      'UINFO',
      'UID',
      'GID',
      'UNSPEC',
      'TKEY',
      'TSIG',
      'IXFR',
      'AXFR',
      'MAILB',
      'MAILA',
      'ANY',
    ]
    const sampled = new Set(RECORDS.map(({ type }) => typeToText(type)))
    assert.deepEqual(
      Object.keys(Type)
        .filter((type) => !sampled.has(type))
        .sort(),
      opaque.sort(),
    )
  })
  for (const { type, text, rdata } of RECORDS) {
    it(`${typeToText(type)} ${text.slice(0, 60)}: text and octets are one`, () => {
      assert.equal(checkRdata(type, rdata), undefined)
      const printed = rdataToText(type, rdata)
      assert.ok(!printed.startsWith('\\#'))
      assert.equal(hexOf(parsed(type, printed)), hexOf(rdata))
      assert.equal(hexOf(parsed(type, `\\# ${rdata.length} ${hexOf(rdata)}`)), hexOf(rdata))
      assert.ok(rdataEqual(type, rdata, canonicalRdata(type, rdata)))
    })
  }
  it('is never a throw when it is shorter, and no text is lost when it still parses', () => {
    for (const { type, rdata } of RECORDS) {
      for (let end = 0; end < rdata.length; end++) sameThroughText(type, rdata.subarray(0, end))
      sameThroughText(type, Buffer.concat([rdata, Buffer.of(0)]))
    }
  })
  it('is never a throw when it is changed, and no text is lost when it still parses', () => {
    const record = fc.constantFrom(...RECORDS)
    const changes = fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(record, changes, ({ type, rdata }, edits) => {
        const copy = Buffer.from(rdata)
        for (const [at, octet] of edits) if (at < copy.length) copy[at] = octet
        sameThroughText(type, copy)
      }),
      { numRuns: 5000 },
    )
  })
})

function sameThroughText(type: number, rdata: Uint8Array): void {
  const text = rdataToText(type, rdata)
  canonicalRdata(type, rdata)
  if (checkRdata(type, rdata) !== undefined) assert.match(text, /^\\#/)
  else assert.equal(hexOf(parsed(type, text)), hexOf(rdata), `${typeToText(type)} ${text}`)
}

describe('RFC 1035 §5.1 text that does not parse says what was expected', () => {
  for (const [type, text, reason] of [
    ['A', '192.0.2', /expected an IPv4 address, not "192.0.2"/],
    ['A', '192.0.2.01', /IPv4/],
    ['A', '', /the record ends/],
    ['A', '192.0.2.1 x', /expected the end of the record, not "x"/],
    ['AAAA', 'fe80::1%eth0', /IPv6/],
    ['MX', 'mail 10', /a number up to 65535, not "mail"/],
    ['MX', '65536 mail', /a number/],
    ['MX', '10 a..b', /empty label/],
    ['TXT', '', /character string/],
    ['TXT', 'x'.repeat(256), /255/],
    ['TXT', '"\\256"', /escape/],
    ['SOA', 'a b 1 2 3 4', /seconds/],
    ['DS', '1 8 2 00', /DS: expected hexadecimal digits at octet 4/],
    ['DNSKEY', '256 3 8', /base64/],
    ['NSEC', 'a. A FOO', /a record type, not "FOO"/],
    ['RRSIG', 'A 8 1 60 20250231000000 20250101000000 1 . AA==', /time/],
    ['CAA', '0 is-sue "x"', /letters and digits/],
    ['SVCB', '1 . alpn=h2 alpn=h3', /twice/],
    ['SVCB', '1 . mandatory=port', /RFC 9460/],
    ['SVCB', '1 . port=x', /port=NUMBER/],
    ['APL', '1:192.0.2.0/33', /prefix/],
    ['LOC', '91 N 0 E 0m', /degrees/],
    ['LOC', '90 0 0.001 N 0 E 0m', /angle/],
    ['NULL', 'x', /\\# LENGTH HEX/],
    ['A', '\\# 3 c00002', /A: expected/],
    ['TYPE65280', '\\# 2 0', /pairs/],
    ['TYPE65280', '\\# 2 00', /announces 2 octets but 1/],
    ['TYPE65280', '\\# x 00', /number of octets/],
  ] as const) {
    it(`${type} ${text.slice(0, 60)}`, () => assert.match(refused(typeFromText(type)!, text), reason))
  }
})

describe('RFC 3597 §5 unknown types', () => {
  it('print and parse as \\#, over several tokens, and are never refused', () => {
    assert.equal(rdataToText(65280, Buffer.of(1, 255)), '\\# 2 01ff')
    assert.equal(rdataToText(65280, Buffer.alloc(0)), '\\# 0')
    assert.equal(hexOf(parsed(65280, '\\# 4 01 FF 0203')), '01ff0203')
    assert.equal(hexOf(parsed(65280, ['\\#', '0'])), '')
    assert.equal(checkRdata(65280, Buffer.of(1)), undefined)
  })
})

describe('RFC 2136 §1.1.1 and RFC 4034 §6.2 equal records', () => {
  const same = (type: string, a: string, b: string) =>
    rdataEqual(typeFromText(type)!, parsed(typeFromText(type)!, a), parsed(typeFromText(type)!, b))
  it('ignore the case of names in the listed types', () => {
    assert.ok(same('NS', 'NS.Example.', 'ns.example.'))
    assert.ok(same('MX', '10 MAIL', '10 mail'))
    assert.ok(same('RRSIG', 'A 8 1 60 0 0 1 A. AA==', 'A 8 1 60 0 0 1 a. AA=='))
    assert.ok(same('NAPTR', '1 1 "A" "" "" X.', '1 1 "A" "" "" x.'))
    assert.ok(same('DNAME', 'X.', 'x.'))
  })
  it('do not ignore it in text, in later types and in NSEC (RFC 6840 §5.1)', () => {
    assert.ok(!same('TXT', 'A', 'a'))
    assert.ok(!same('NAPTR', '1 1 "A" "" "" x.', '1 1 "a" "" "" x.'))
    assert.ok(!same('NSEC', 'X. A', 'x. A'))
    assert.ok(!same('SVCB', '1 X.', '1 x.'))
  })
  it('ignore it for ASCII only, and compare everything else exactly', () => {
    assert.ok(!same('NS', '\\201.', '\\233.'))
    assert.ok(!same('NS', '\\064.', '\\096.'))
    assert.ok(!same('MX', '10 a.', '11 a.'))
  })
  it('keep octets that do not parse as they are', () => {
    assert.equal(hexOf(canonicalRdata(Type.NS, Buffer.from('0541', 'hex'))), '0541')
  })
})

describe('BIND reads every type as we do', { skip: missing('named-compilezone', '-v') }, () => {
  const samples = RECORDS.filter(({ type }) => !NOT_FOR_BIND.some(([name]) => typeFromText(name) === type))
  for (const [title, write] of [
    ['our samples', ({ text }: { text: string }) => text],
    ['our text', ({ type, rdata }: { type: number; rdata: Uint8Array }) => rdataToText(type, rdata)],
    ['our octets', ({ rdata }: { rdata: Uint8Array }) => `\\# ${rdata.length} ${hexOf(rdata)}`],
  ] as const) {
    it(`from ${title}`, () => {
      const lines = samples.map((record, index) => `n${index} ${typeToText(record.type)} ${write(record)}`)
      const compiled = compileZone(
        'example.',
        `$TTL 60\n@ SOA a. b. 1 2 3 4 5\n@ NS a.\n${lines.join('\n')}\n`,
      )
      assert.equal(compiled.status, 0, compiled.stdout + compiled.stderr)
      const texts = new Map(
        [...compiled.stdout.matchAll(/^n(\d+)\.example\.\s+60\s+IN\s+\S+[ \t]*(.*)$/gm)].map((line) => [
          Number(line[1]),
          line[2]!,
        ]),
      )
      for (const [index, { type, rdata }] of samples.entries()) {
        assert.equal(hexOf(parsed(type, texts.get(index) ?? 'missing')), hexOf(rdata), lines[index])
      }
    })
  }
})
