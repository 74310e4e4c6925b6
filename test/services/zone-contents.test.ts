import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Class, Type } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { DiffMismatch } from '../../shared/zone-contents.ts'
import { decodeDiff, diffHead, encodeDiff, type ZoneDiff } from '../../shared/zone-diff.ts'
import { APEX, zoneOf } from '../support/spec.ts'

const NAME = nameOf('www.example.com.')

function a(number: number, ttl = 300): ResourceRecord {
  const rdata = Buffer.alloc(4)
  rdata.writeUInt32BE(number)
  return { name: NAME, type: Type.A, class: Class.IN, ttl, rdata }
}

describe('P6 contents change by diffs and in no other way', () => {
  const soa = zoneOf().at(APEX)!.get(Type.SOA)!
  const soaRecord: ResourceRecord = {
    name: soa.name,
    type: Type.SOA,
    class: Class.IN,
    ttl: soa.ttl,
    rdata: soa.rdata[0]!,
  }
  const diff = (removed: ResourceRecord[], added: ResourceRecord[]): ZoneDiff => ({
    oldSoa: soaRecord,
    removed,
    newSoa: soaRecord,
    added,
  })

  it('values keep their order: what stays, then what is added', () => {
    const zone = zoneOf('www 300 A 0.0.0.1\nwww 300 A 0.0.0.2\nwww 300 A 0.0.0.3')
    zone.apply(diff([a(1)], [a(4), a(1)]))
    assert.deepEqual(
      zone
        .at(NAME)!
        .get(Type.A)!
        .rdata.map((rdata) => rdata[3]),
      [2, 3, 4, 1],
    )
  })

  it('values keep their order, and none is there twice, in sets of few and of many', () => {
    const zone = zoneOf()
    const numbers = () =>
      zone
        .at(NAME)
        ?.get(Type.A)
        ?.rdata.map((rdata) => rdata[3]!) ?? []
    const expected: number[] = []
    for (let number = 1; number <= 20; number++) {
      zone.apply(diff([], [a(number)]))
      expected.push(number)
      assert.deepEqual(numbers(), expected)
      for (const known of expected) assert.throws(() => zone.apply(diff([], [a(known)])), DiffMismatch)
    }
    for (let number = 20; number >= 1; number -= 2) {
      zone.apply(diff([a(number)], []))
      expected.splice(expected.indexOf(number), 1)
      assert.deepEqual(numbers(), expected)
      assert.throws(() => zone.apply(diff([a(number)], [])), DiffMismatch)
    }
  })

  it('owners are read in the case that each was given, also where one is the beginning of another', () => {
    const owners = [
      'www.example.com.',
      'WWW.example.com.',
      'www.example.com.',
      'www.example.com.example.com.',
      'w.',
    ]
    const records = owners.map((name) => ({ ...a(1), name: name as typeof NAME }))
    const read = decodeDiff(encodeDiff(diff(records, records)))
    assert.ok(read.ok)
    assert.deepEqual(
      [read.value.removed, read.value.added].map((half) => half.map(({ name }) => name)),
      [owners, owners],
    )
  })

  it('takes a diff of 60,000 records to one RRset, whose cost is linear', () => {
    const zone = zoneOf()
    const many = Array.from({ length: 60_000 }, (_, index) => a(index + 1))
    zone.apply(diff([], many))
    zone.apply(
      diff(
        many,
        many.map((record) => ({ ...record, ttl: 60 })),
      ),
    )
    assert.equal(zone.at(NAME)!.get(Type.A)!.ttl, 60)
    zone.apply(
      diff(
        many.map((record) => ({ ...record, ttl: 60 })),
        [],
      ),
    )
    assert.equal(zone.at(NAME), undefined)
  })

  it('of a diff read the first records and count the others, or all of them', () => {
    const whole = diff([a(1), a(2), a(3)], [a(4), a(5)])
    const first = { removed: [a(1)], added: [a(4)], removedCount: 3, addedCount: 2 }
    for (const oldSoa of [soaRecord, undefined]) {
      const octets = encodeDiff({ ...whole, oldSoa })
      const read = decodeDiff(octets)
      assert.ok(read.ok)
      const { removed, added } = read.value
      const counts = { removedCount: removed.length, addedCount: added.length }
      assert.deepEqual(diffHead(octets, Number.POSITIVE_INFINITY), { ...read.value, ...counts })
      if (oldSoa !== undefined) assert.deepEqual(diffHead(octets, 1), { ...read.value, ...first })
    }
    for (const octets of [new Uint8Array(), encodeDiff(whole).subarray(1), encodeDiff(whole).subarray(0, -1)])
      assert.throws(() => diffHead(octets, 1), RangeError)
  })

  for (const [title, removed, added] of [
    ['removes what is not there', [a(9)], []],
    ['removes with another TTL', [a(1, 60)], []],
    ['adds what is there', [], [a(1)]],
    ['adds with another TTL than the set has', [], [a(9, 60)]],
    ['adds another class', [], [{ ...a(9), class: Class.CH }]],
  ] as const)
    it(`refuses a diff that ${title}`, () => {
      const zone = zoneOf('www 300 A 0.0.0.1')
      assert.throws(() => zone.apply(diff([...removed], [...added])), DiffMismatch)
    })
})
