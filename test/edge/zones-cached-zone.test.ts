import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { CachedZone } from '../../services/edge/zones/cached-zone.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { DiffMismatch } from '../../shared/zone-contents.ts'
import { decodeDiff, encodeDiff } from '../../shared/zone-diff.ts'
import { APEX, History, recordTexts } from './zones-support.ts'

const NAMES = ['a', 'b.a', 'c.b.a', 'x.c.b.a', 'd', 'e.f.g'].map((label) => `${label}.example.com.`)
const ALL = [...NAMES, 'g.example.com.', 'f.g.example.com.', 'nothing.example.com.'].map(nameOf)

describe('P6: a cached zone is the fold of its events', () => {
  it('at every point, whatever is added and removed, and knows which names exist', () =>
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
        (flips) => {
          const history = new History(1)
          const present = new Set<string>()
          const zone = history.zoneAt(1)
          for (const flip of flips) {
            const names = [...new Set(flip)]
            const line = (name: string) => `${name} A 192.0.2.7`
            const [gone, come] = [
              names.filter((name) => present.has(name)),
              names.filter((name) => !present.has(name)),
            ]
            history.change(gone.map(line).join('\n'), come.map(line).join('\n'))
            for (const name of gone) present.delete(name)
            for (const name of come) present.add(name)
            zone.advance(history.events.at(-1)!)
          }
          const fresh = history.zoneAt(history.seq)
          assert.deepEqual(recordTexts(zone), recordTexts(fresh))
          assert.deepEqual(zone.head, fresh.head)
          for (const name of ALL) {
            const exists = [...present].some((owner) => owner === name || owner.endsWith(`.${name}`))
            assert.equal(zone.exists(name), exists, name)
            assert.equal(fresh.exists(name), exists, name)
          }
        },
      ),
      { numRuns: 200 },
    ))
  it('events without a diff move the number only', () => {
    const history = new History(1).refuse()
    const zone = history.zoneAt(1)
    zone.advance(history.events[1]!)
    assert.deepEqual([zone.seq, zone.serial], [2, 1])
  })
  it('knows where authority ends', () => {
    const history = new History(1)
      .change('', 'sub NS ns1')
      .change('', 'other DNAME www')
      .change('sub NS ns1', '')
    history.change('other DNAME www', '')
    const zone = history.zoneAt(1)
    const seen = history.events.slice(1).map((event) => {
      zone.advance(event)
      return zone.hasCuts
    })
    assert.deepEqual(seen, [true, true, true, false])
    assert.equal(history.zoneAt(4).hasCuts, true)
  })
  it('the SOA of negative answers follows', () => {
    const history = new History(1).change('', 'x A 192.0.2.1')
    const zone = history.zoneAt(1)
    const before = zone.soaOfNegativeAnswers
    zone.advance(history.events[1]!)
    assert.notDeepEqual(zone.soaOfNegativeAnswers.rdata, before.rdata)
  })
})

describe('a zone that is opened for a transfer', () => {
  it('stays as it was then, whatever changes before it is read, and is pinned until it is closed', () => {
    const history = new History(1, 'a A 192.0.2.1\nb A 192.0.2.2\nc A 192.0.2.3')
      .change('b A 192.0.2.2', 'd A 192.0.2.4')
      .change('a A 192.0.2.1', 'a A 192.0.2.9\nb A 192.0.2.8')
    const zone = history.zoneAt(1)
    const readings = history.events.map((_event, index) => {
      if (index > 0) zone.advance(history.events[index]!)
      return zone.open()
    })
    assert.equal(zone.isPinned, true)
    for (const [index, reading] of readings.entries()) {
      assert.deepEqual(recordTexts(reading), recordTexts(history.contentsAt(index + 1)))
      assert.deepEqual([reading.head.seq, reading.soa.type], [index + 1, 6])
      reading.close()
      reading.close()
    }
    assert.equal(zone.isPinned, false)
  })
})

describe('what does not fit is refused', () => {
  const history = new History(1).change('', 'x A 192.0.2.1').change('x A 192.0.2.1', '')
  const refused = (event: Parameters<CachedZone['advance']>[0], usable: boolean) => {
    const zone = history.zoneAt(1)
    assert.throws(() => zone.advance(event), DiffMismatch)
    assert.equal(zone.usable, usable)
  }
  const next = history.events[1]!
  it('a gap', () => refused(history.events[2]!, true))
  it('an event twice', () => refused(history.events[0]!, true))
  it('an event of another history', () =>
    refused(new History(1).change('', 'x A 192.0.2.1').events[1]!, true))
  it('a diff that does not apply; then nothing is served from it', () =>
    refused({ ...next, diff: history.events[2]!.diff }, false))
  it('octets that are no diff', () => refused({ ...next, diff: Buffer.from('nonsense') }, false))
  it('a serial that is not that of the SOA', () => refused({ ...next, serialAfter: 9 }, false))
  it('a record outside the zone', () => {
    const diff = decodeDiff(next.diff)
    assert.ok(diff.ok)
    const added = diff.value.added.map((record) => ({ ...record, name: nameOf('www.example.net.') }))
    refused({ ...next, diff: encodeDiff({ ...diff.value, added }) }, false)
  })

  it('records that are not a zone', () => {
    const head = { seq: 1, serial: 1, hash: new Uint8Array(32) }
    const sets = [...history.contentsAt(1).rrsets()]
    const withoutSoa = sets.filter(({ type }) => type !== 6)
    assert.throws(() => new CachedZone(1, APEX, head).load(withoutSoa).complete(), DiffMismatch)
    assert.throws(() => new CachedZone(1, APEX, { ...head, serial: 2 }).load(sets).complete(), DiffMismatch)
    assert.throws(() => new CachedZone(1, APEX, head).load([...sets, ...sets]), DiffMismatch)
    assert.throws(() => new CachedZone(1, nameOf('example.net.'), head).load(sets), DiffMismatch)
  })
})
