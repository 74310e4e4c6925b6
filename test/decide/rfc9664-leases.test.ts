import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decideExpiry } from '../../services/zone-writer/decide/expire.ts'
import { keyOf, type LeasedValue, ZoneLeases } from '../../services/zone-writer/decide/zone-leases.ts'
import { Failures } from '../../services/zone-writer/leases/failures.ts'
import { isContinuous } from '../../services/zone-writer/leases/moment.ts'
import { Class, typeToText } from '../../shared/dns/codes.ts'
import { readEdns } from '../../shared/dns/edns.ts'
import { rdataToText } from '../../shared/dns/rdata.ts'
import { grantedLease, leaseOption, leaseText, readLeaseOption } from '../../shared/update-lease.ts'
import type { ZoneContents } from '../../shared/zone-contents.ts'
import { leaseRangeFromText, leaseRangeText } from '../../shared/zone-settings.ts'
import { decoded, given, recordOf, type UpdateSpec, zoneOf } from '../support/spec.ts'

const leases = { least: 60, longest: 3_600 }
const KEY = 'host 60 KEY 512 3 13 bWFkZSB1cA=='

/** One zone with leases, and what updates make of it. */
class LeasingZone {
  readonly zone: ZoneContents
  private known = new Map<string, LeasedValue>()
  private readonly held = new Set<string>()
  private seq = 0

  constructor(lines = '') {
    this.zone = zoneOf(lines)
  }

  /** The update is accepted and applied, in a batch of its own; `now` in seconds. */
  take(now: number, say: (update: UpdateSpec) => UpdateSpec): this {
    return this.takeBatch(now, say)
  }

  takeBatch(now: number, ...batch: ((update: UpdateSpec) => UpdateSpec)[]): this {
    const progress = new ZoneLeases([...this.known.values()])
    for (const say of batch) {
      const update = say(given(this.zone).underSettings({ leases }))
      const decision = update.decision()
      assert.ok(decision.kind !== 'rejected', decision.verdict.detail)
      if (decision.kind === 'changed') this.zone.apply(decision.diff)
      const { authorities } = decoded(update.wire())
      progress.take(authorities, decision, this.zone, { seq: ++this.seq, now: now * 1_000 })
    }
    for (const key of progress.ended) {
      this.known.delete(textOf(key))
      this.held.delete(textOf(key))
    }
    for (const lease of progress.granted) this.known.set(textOf(lease), lease)
    return this
  }

  /** Somebody holds all values that have a lease. */
  hold(): this {
    for (const text of this.known.keys()) this.held.add(text)
    return this
  }

  get heldCount(): number {
    return this.held.size
  }

  /** `host A until 3600`, in seconds; of values that are there, as all of them must be. */
  get leased(): string[] {
    return [...this.known.values()]
      .map(({ owner, type, expiresAt }) => {
        const name = owner.replace('.example.com.', '')
        return `${name} ${typeToText(type)} until ${expiresAt / 1_000}`
      })
      .sort()
  }

  /** The values that go at a moment in seconds, as records. */
  goesAt(now: number): string[] {
    const due = [...this.known.values()].filter(({ expiresAt }) => expiresAt <= now * 1_000)
    const expiry = decideExpiry(this.zone, due, 'increment', now * 1_000)
    return (expiry?.diff.removed ?? []).map(({ type, rdata }) => rdataToText(type, rdata)).sort()
  }
}

function textOf({ owner, type, value }: Pick<LeasedValue, 'owner' | 'type' | 'value'>): string {
  return `${owner} ${type} ${Buffer.from(value).toString('hex')}`
}

describe('RFC 9664 §4 the Update Lease option', () => {
  it('has 4 octets, or 8 with the lease of keys', () => {
    assert.deepEqual(Buffer.from(leaseOption({ lease: 3_600 }).data).toString('hex'), '00000e10')
    assert.deepEqual(readLeaseOption([leaseOption({ lease: 0xffff_ffff, keyLease: 1 })]), {
      lease: 0xffff_ffff,
      keyLease: 1,
    })
  })
  it('of any other length says nothing', () => {
    for (const length of [0, 3, 5, 7, 9, 100])
      assert.equal(readLeaseOption([{ code: 2, data: new Uint8Array(length) }]), undefined)
  })
  it('is read where it stands among others, the first of several', () => {
    const options = [
      { code: 10, data: new Uint8Array(8) },
      leaseOption({ lease: 7 }),
      leaseOption({ lease: 9 }),
    ]
    const wire = Buffer.concat(
      options.map(({ code, data }) => Buffer.concat([Buffer.from([0, code, 0, data.length]), data])),
    )
    const edns = readEdns({ name: '.' as never, type: 41, class: 1232, ttl: 0, rdata: wire })
    assert.deepEqual(edns.ok && readLeaseOption(edns.value.options), { lease: 7 })
  })
  it('stands as text at the end of what an event says, and is found there again', () => {
    for (const lease of [{ lease: 60 }, { lease: 60, keyLease: 86_400 }])
      assert.deepEqual(grantedLease(`0 record(s) removed, 1 added; ${leaseText(lease)}`), lease)
    assert.equal(grantedLease('the zone already was as asked'), undefined)
  })
})

describe('RFC 9664 §4.3 what a zone grants', () => {
  const granted = (update: UpdateSpec) => {
    const decision = update.decision()
    return decision.kind === 'rejected' ? 'rejected' : decision.lease
  }
  const add = () => given(zoneOf()).add('host 60 A 192.0.2.1').underSettings({ leases })

  it('is what is asked for, within the range of the zone, for keys as well', () => {
    assert.deepEqual(granted(add().leasedFor(600)), { lease: 600 })
    assert.deepEqual(granted(add().leasedFor(1)), { lease: 60 })
    assert.deepEqual(granted(add().leasedFor(86_400, 0)), { lease: 3_600, keyLease: 60 })
  })
  it('is said by the event, whether the zone changes or not', () => {
    assert.match(
      add().leasedFor(600).decision().verdict.detail,
      /^0 record\(s\) removed, 1 added; lease 600 s$/,
    )
    const refresh = given(zoneOf('host 60 A 192.0.2.1')).add('host 60 A 192.0.2.1').leasedFor(9, 600)
    const { detail } = refresh.underSettings({ leases }).decision().verdict
    assert.equal(detail, 'the zone already was as asked; lease 60 s, of keys 600 s')
  })
  it('is nothing in a zone that grants none, to whoever asks for none, or with an update that is refused', () => {
    assert.equal(granted(given(zoneOf()).add('host 60 A 192.0.2.1').leasedFor(600)), undefined)
    assert.equal(granted(add()), undefined)
    assert.equal(granted(add().withOptions({ code: 2, data: new Uint8Array(5) })), undefined)
    assert.equal(granted(add().leasedFor(600).requireName('elsewhere')), 'rejected')
  })
})

describe('RFC 9664 §4, §5 which values a lease is for', () => {
  it('those that the update puts into the zone', () =>
    assert.deepEqual(
      new LeasingZone().take(0, (to) => to.add('host 60 A 192.0.2.1', 'host 60 TXT "x"').leasedFor(600))
        .leased,
      ['host A until 600', 'host TXT until 600'],
    ))
  it('KEY records have their own in the form of 8 octets, and that of the others in the form of 4', () => {
    const add = (to: UpdateSpec) => to.add('host 60 A 192.0.2.1', KEY)
    assert.deepEqual(new LeasingZone().take(0, (to) => add(to).leasedFor(60, 3_600)).leased, [
      'host A until 60',
      'host KEY until 3600',
    ])
    assert.deepEqual(new LeasingZone().take(0, (to) => add(to).leasedFor(60)).leased, [
      'host A until 60',
      'host KEY until 60',
    ])
  })
  it('a refresh moves the end and nothing else, whatever the case of names', () => {
    const zone = new LeasingZone().take(0, (to) => to.add('host 60 CNAME Target').leasedFor(600))
    assert.deepEqual(zone.take(500, (to) => to.add('HOST 60 CNAME tArget').leasedFor(600)).leased, [
      'host CNAME until 1100',
    ])
  })
  it('a refresh may delete all and add it again in one message', () => {
    const zone = new LeasingZone().take(0, (to) => to.add('host 60 A 192.0.2.1').leasedFor(600))
    zone.take(500, (to) => to.deleteName('host').add('host 60 A 192.0.2.1').leasedFor(600))
    assert.deepEqual(zone.leased, ['host A until 1100'])
  })
  it('a new TTL refreshes what the message names, and leaves the others of its set their ends', () => {
    const zone = new LeasingZone().take(0, (to) =>
      to.add('host 60 A 192.0.2.1', 'host 60 A 192.0.2.2').leasedFor(600),
    )
    zone.take(100, (to) => to.add('host 90 A 192.0.2.2').leasedFor(600))
    assert.deepEqual(zone.leased, ['host A until 600', 'host A until 700'])
  })
  it('not what the message itself takes away again, nor an SOA, nor what a CNAME keeps out', () => {
    const zone = new LeasingZone('alias 60 CNAME host')
    zone.take(0, (to) =>
      to
        .add(
          'gone 60 A 192.0.2.1',
          'alias 60 A 192.0.2.1',
          '@ 3600 SOA ns1 hostmaster 7 3600 600 1209600 300',
        )
        .deleteName('gone')
        .leasedFor(600),
    )
    assert.deepEqual(zone.leased, [])
  })
  it('a value that is deleted, or replaced, has none any more', () => {
    const zone = new LeasingZone().take(0, (to) => to.add('a 60 A 192.0.2.1', 'b 60 CNAME x').leasedFor(600))
    zone.take(1, (to) => to.deleteRecord('a A 192.0.2.1').add('b 60 CNAME y'))
    assert.deepEqual(zone.leased, [])
    zone.take(2, (to) => to.add('a 60 A 192.0.2.1'))
    assert.deepEqual(zone.leased, [])
  })
})

describe('who holds a value', () => {
  const add = (to: UpdateSpec) => to.add('host 60 A 192.0.2.1').leasedFor(600)
  const remove = (to: UpdateSpec) => to.deleteName('host')
  const held = () => new LeasingZone().take(0, add).hold()

  it('goes on holding it when it is refreshed, in whatever batches', () => {
    assert.equal(held().take(1, add).heldCount, 1)
    assert.equal(held().take(1, (to) => remove(to).add('host 60 A 192.0.2.1').leasedFor(600)).heldCount, 1)
    assert.equal(held().takeBatch(1, add, add).heldCount, 1)
  })
  it('holds it no more once an update has deleted it, whether or not the one that adds it again is in the same batch', () => {
    for (const zone of [held().take(1, remove).take(1, add), held().takeBatch(1, remove, add)])
      assert.deepEqual([zone.heldCount, zone.leased], [0, ['host A until 601']])
  })
  it('nor once it was static in between', () => {
    const plain = (to: UpdateSpec) => to.add('host 60 A 192.0.2.1')
    assert.deepEqual(held().takeBatch(1, plain, remove, add).heldCount, 0)
    assert.deepEqual(held().takeBatch(1, plain, add).leased, [])
  })
})

describe('the time in which leases run', () => {
  const from = { wall: 1_000_000, steady: 5_000 }
  const later = (wall: number, steady: number) =>
    isContinuous(from, { wall: from.wall + wall, steady: from.steady + steady })

  it('went by without a break where both clocks went on alike, by less than 15 s', () => {
    for (const [wall, steady] of [
      [0, 0],
      [2_000, 2_000],
      [14_900, 14_000],
    ] as const)
      assert.ok(later(wall, steady), `${wall} ${steady}`)
  })
  it('was broken by a clock that was set, forward or back', () => {
    for (const step of [3_600_000, 1_500, -1_500, -3_600_000]) assert.ok(!later(200 + step, 200), `${step}`)
  })
  it('was broken while the machine was suspended, whether the steady clock stood still meanwhile or not', () => {
    assert.ok(!later(60_000, 150))
    assert.ok(!later(60_000, 60_000))
  })
})

describe('failures in a row', () => {
  it('are told aloud when they are many, and then ever more rarely', () => {
    const failures = new Failures<number>()
    const loud = Array.from({ length: 50 }, () => failures.add(1)).filter(({ isLoud }) => isLoud)
    assert.deepEqual(
      loud.map(({ inARow }) => inARow),
      [5, 10, 20, 40],
    )
    assert.equal(failures.add(2).inARow, 1)
    failures.keepOnly([2])
    assert.deepEqual([failures.add(1).inARow, failures.add(2).inARow], [1, 2])
    failures.forget(2)
    assert.equal(failures.add(2).inARow, 1)
  })
})

describe('nothing static is ever removed', () => {
  it('a value that was there without a lease stays static when a leased update adds it', () => {
    const zone = new LeasingZone('host 60 A 192.0.2.1')
    zone.take(0, (to) => to.add('host 60 A 192.0.2.1', 'host 60 A 192.0.2.2').leasedFor(60))
    assert.deepEqual(zone.leased, ['host A until 60'])
    assert.deepEqual(zone.goesAt(60), ['192.0.2.2'])
  })
  it('also when that update deletes it first, or gives the set a new TTL', () => {
    const zone = new LeasingZone('host 60 A 192.0.2.1')
    zone.take(0, (to) => to.deleteRRset('host A').add('host 90 A 192.0.2.1').leasedFor(60))
    assert.deepEqual(zone.leased, [])
  })
  it('a leased value that is added without a lease is static from then on', () => {
    const zone = new LeasingZone().take(0, (to) => to.add('host 60 A 192.0.2.1').leasedFor(60))
    zone.take(1, (to) => to.add('host 60 A 192.0.2.1'))
    zone.take(2, (to) => to.add('host 60 A 192.0.2.1').leasedFor(60))
    assert.deepEqual(zone.leased, [])
  })
})

describe('RFC 9664 §7 the end of leases', () => {
  const apart = (name: string) => keyOf(recordOf(name, Class.IN))

  it('takes away the values that are due, with one new serial and no other change', () => {
    const zone = zoneOf('a 60 A 192.0.2.1\na 60 A 192.0.2.2\nb 60 TXT "x"')
    const expiry = decideExpiry(zone, [apart('a A 192.0.2.1'), apart('b TXT x')], 'increment', 0)
    assert.ok(expiry)
    assert.deepEqual([expiry.serial, expiry.diff.removed.length, expiry.diff.added.length], [2, 2, 0])
    assert.match(expiry.detail, /^2 record\(s\) removed, .*: a\.example\.com\. A, b\.example\.com\. TXT$/)
    zone.apply(expiry.diff)
    assert.equal(zone.at('a.example.com.' as never)?.get(1)?.rdata.length, 1)
  })
  it('leaves the last NS of the apex, and finds what is gone already gone', () => {
    const zone = zoneOf('@ 3600 NS ns2')
    assert.equal(decideExpiry(zone, [apart('gone A 192.0.2.1')], 'increment', 0), undefined)
    const both = decideExpiry(zone, [apart('@ NS ns1'), apart('@ NS ns2')], 'increment', 0)
    assert.equal(both?.diff.removed.length, 1)
  })
})

describe('the range of leases as text', () => {
  it('is read and shown in the units that fit', () => {
    for (const text of ['30m..1d', '90s..1h', 'off'])
      assert.equal(leaseRangeText(leaseRangeFromText(text)!), text)
    assert.deepEqual(leaseRangeFromText('1800..86400'), { least: 1_800, longest: 86_400 })
  })
  it('begins above 0, ends no earlier than it begins, and within a year', () => {
    for (const text of ['', '1h', '0..1h', '2h..1h', '1h..2y', '1h..400d', '1h..2h..3h', '-1..5', 'on'])
      assert.equal(leaseRangeFromText(text), undefined, text)
  })
})
