import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { given, type UpdateSpec, zoneOf } from '../support/spec.ts'

const APEX_RECORDS = 2

/** `count` lines of records of one name and type. */
const addresses = (count: number, owner = 'www') =>
  Array.from({ length: count }, (_, index) => `${owner} 300 A 192.0.2.${index}`)
const types = (count: number, owner = 'www') =>
  Array.from({ length: count }, (_, index) => `${owner} 300 TYPE${65_280 + index} \\# 1 00`)
const zoneWith = (lines: readonly string[]) => zoneOf(lines.join('\n'))

/** Refused as a whole, with a sentence that says all of this. */
function isBeyondLimit(spec: UpdateSpec, ...words: string[]): void {
  const { kind, verdict } = spec.decision()
  assert.deepEqual([kind, verdict.section, verdict.reason], ['rejected', '3.4.2', 'limit'], verdict.detail)
  spec.isRejected('REFUSED', '3.4.2')
  for (const word of words) assert.ok(verdict.detail.includes(word), `'${word}' is not in: ${verdict.detail}`)
}

describe('limit: records of an RRset', () => {
  it('100 unless the zone says otherwise', () => {
    given(zoneWith(addresses(99)))
      .add('www 300 A 198.51.100.1')
      .changes('+ www 300 A 198.51.100.1')
    isBeyondLimit(
      given(zoneWith(addresses(100))).add('www 300 A 198.51.100.1'),
      'www.example.com. A',
      '101 records',
      'may have 100',
      'max-records-per-rrset',
    )
  })
  it('as the zone says', () => {
    const three = { maxRecordsPerRrset: 3 }
    given(zoneWith(addresses(2)))
      .underSettings(three)
      .add('www 300 A 198.51.100.1')
      .changes('+ www 300 A 198.51.100.1')
    isBeyondLimit(
      given(zoneWith(addresses(3)))
        .underSettings(three)
        .add('www 300 A 198.51.100.1'),
      '4 records',
    )
  })
  it('0 is no limit', () =>
    given(zoneWith(addresses(200)))
      .underSettings({ maxRecordsPerRrset: 0 })
      .add('www 300 A 198.51.100.1')
      .changes('+ www 300 A 198.51.100.1'))
  it('a new RRset is bound as well', () =>
    isBeyondLimit(given(zoneOf()).add(...addresses(101, 'new')), 'new.example.com. A', '101'))
  it('every RRset is judged for itself', () =>
    assert.equal(
      given(zoneOf())
        .add(...addresses(100, 'a'), ...addresses(100, 'b'))
        .decision().kind,
      'changed',
    ))
  it('the whole message is refused, for one RRset of it', () =>
    isBeyondLimit(given(zoneWith(addresses(100))).add('good 300 A 192.0.2.1', 'www 300 A 198.51.100.1')))
  it('the net result counts, not the way there', () => {
    given(zoneWith(addresses(100)))
      .add('www 300 A 198.51.100.1')
      .deleteRecord('www A 192.0.2.0')
      .changes('+ www 300 A 198.51.100.1', '- www 300 A 192.0.2.0')
    given(zoneOf())
      .add(...addresses(101, 'new'))
      .deleteName('new')
      .changesNothing()
  })
  it('a record that is there already is no growth', () =>
    given(zoneWith(addresses(100)))
      .add('www 300 A 192.0.2.7')
      .changesNothing())
  it('prerequisites come first', () =>
    given(zoneWith(addresses(100)))
      .requireNoName('www')
      .add('www 300 A 198.51.100.1')
      .isRejected('YXDOMAIN', '3.2.2'))

  describe('an RRset that is larger already', () => {
    const large = () => given(zoneWith(addresses(120)))
    it('may shrink', () => large().deleteRecord('www A 192.0.2.0').changes('- www 300 A 192.0.2.0'))
    it('may go', () => assert.equal(large().deleteRRset('www A').decision().kind, 'changed'))
    it('may have a record replaced', () =>
      large()
        .deleteRecord('www A 192.0.2.0')
        .add('www 300 A 198.51.100.1')
        .changes('- www 300 A 192.0.2.0', '+ www 300 A 198.51.100.1'))
    it('may get another TTL', () =>
      assert.equal(large().add('www 60 A 192.0.2.0').decision().kind, 'changed'))
    it('may not grow', () => isBeyondLimit(large().add('www 300 A 198.51.100.1'), '121'))
    it('is no obstacle to other names', () =>
      large().add('other 300 A 192.0.2.1').changes('+ other 300 A 192.0.2.1'))
  })
})

describe('limit: types of a name', () => {
  it('100 unless the zone says otherwise', () => {
    given(zoneWith(types(99)))
      .add('www 300 A 192.0.2.1')
      .changes('+ www 300 A 192.0.2.1')
    isBeyondLimit(
      given(zoneWith(types(100))).add('www 300 A 192.0.2.1'),
      'www.example.com.',
      '101 types',
      'may have 100',
      'max-types-per-name',
    )
  })
  it('as the zone says; SOA and NS of the apex count', () => {
    const three = { maxTypesPerName: 3 }
    given(zoneOf()).underSettings(three).add('@ 300 TXT "x"').changes('+ @ 300 TXT "x"')
    isBeyondLimit(given(zoneOf()).underSettings(three).add('@ 300 TXT "x"', '@ 300 A 192.0.2.1'), '4 types')
  })
  it('another record of a type that is there is no new type', () =>
    given(zoneWith([...types(100), 'www 300 A 192.0.2.1']))
      .add('www 300 A 192.0.2.2')
      .changes('+ www 300 A 192.0.2.2'))
  it('a name that has more already may lose some, and exchange one', () => {
    const large = () => given(zoneWith(types(102)))
    large().deleteRRset('www TYPE65280').changes('- www 300 TYPE65280 \\# 1 00')
    large()
      .deleteRRset('www TYPE65280')
      .add('www 300 A 192.0.2.1')
      .changes('- www 300 TYPE65280 \\# 1 00', '+ www 300 A 192.0.2.1')
    isBeyondLimit(large().add('www 300 A 192.0.2.1'), '103')
  })
})

describe('limit: records of the zone', () => {
  const holding = (count: number, maxRecords: number) =>
    given(zoneWith(addresses(count - APEX_RECORDS))).underSettings({ maxRecords })

  it('none unless the zone says so', () =>
    assert.equal(
      given(zoneWith([...addresses(90, 'a'), ...addresses(90, 'b')]))
        .add('c 300 A 192.0.2.1')
        .decision().kind,
      'changed',
    ))
  it('as the zone says, SOA and NS counted', () => {
    holding(9, 10).add('new 300 A 192.0.2.1').changes('+ new 300 A 192.0.2.1')
    isBeyondLimit(
      holding(10, 10).add('new 300 A 192.0.2.1'),
      'the zone would have 11 records',
      'may have 10',
      'max-records',
    )
  })
  it('the sum over all names counts', () => {
    holding(10, 10)
      .deleteRecord('www A 192.0.2.0')
      .add('new 300 A 192.0.2.1')
      .changes('- www 300 A 192.0.2.0', '+ new 300 A 192.0.2.1')
    isBeyondLimit(holding(9, 10).add('a 300 A 192.0.2.1', 'b 300 A 192.0.2.1'), '11')
  })
  it('a zone that is larger already may shrink and be changed, not grow', () => {
    holding(20, 10).deleteRecord('www A 192.0.2.0').changes('- www 300 A 192.0.2.0')
    holding(20, 10)
      .deleteRecord('www A 192.0.2.0')
      .add('new 300 A 192.0.2.1')
      .changes('- www 300 A 192.0.2.0', '+ new 300 A 192.0.2.1')
    isBeyondLimit(holding(20, 10).add('new 300 A 192.0.2.1'), '21')
  })
  it('a later SOA takes no room', () =>
    holding(10, 10).add('@ 3600 SOA ns1 hostmaster 77 3600 600 1209600 300').hasSerial(77))
})

describe('limit: octets of a record', () => {
  const record = (octets: number) => `www 300 TYPE65280 \\# ${octets} ${'00'.repeat(octets)}`

  it('64,512 of RDATA: a longer one would fit into no signed transfer', () => {
    isBeyondLimit(given(zoneOf('')).add(record(64_513)), '64513 octets', 'signed transfer')
    const { kind } = given(zoneOf('')).add(record(64_512)).decision()
    assert.equal(kind, 'changed')
  })
})
