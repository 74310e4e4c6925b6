import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { nextSerial } from '../../services/zone-writer/decide/serial.ts'
import { compareSerial, type Serial } from '../../shared/dns/serial.ts'
import { SERIAL_POLICIES, type SerialPolicy } from '../../shared/zone-settings.ts'
import { given, type UpdateSpec, zoneOf } from '../support/spec.ts'

const LAST = 0xffff_ffff

/** A change at that time in a zone with that serial. */
function changed(serialPolicy: SerialPolicy, serial: number, time: string): UpdateSpec {
  const zone = zoneOf('', `@ 3600 IN SOA ns1 hostmaster ${serial} 3600 600 1209600 300\n@ 3600 IN NS ns1\n`)
  return given(zone).underSettings({ serialPolicy }).at(time).add('new 60 A 192.0.2.3')
}

describe('serial policy increment', () => {
  it('is the next number, whatever the time', () => changed('increment', 41, '2026-11-22').hasSerial(42))
  it('wraps past 2^32 and leaves 0 out', () => changed('increment', LAST, '2026-11-22').hasSerial(1))
})

describe('serial policy unixtime', () => {
  it('is the second of the change', () =>
    changed('unixtime', 1, '2026-11-22T12:00:00.999Z').hasSerial(1_795_348_800))
  it('within the same second it is the next number', () =>
    changed('unixtime', 1_795_348_800, '2026-11-22T12:00:00.999Z').hasSerial(1_795_348_801))
  it('with a clock that went back it is the next number', () =>
    changed('unixtime', 1_795_348_800, '2026-11-22T11:00:00Z').hasSerial(1_795_348_801))
  it('goes on past 2^32 with the seconds (the year 2106)', () =>
    changed('unixtime', LAST - 5, '2106-02-07T06:28:26Z').hasSerial(10))
  it('leaves 0 out', () => changed('unixtime', LAST - 5, '2106-02-07T06:28:16Z').hasSerial(1))
})

describe('serial policy date', () => {
  it('is YYYYMMDD00 for the first change of a day', () =>
    changed('date', 2026112137, '2026-11-22T08:00:00Z').hasSerial(2026112200))
  it('counts the changes of a day', () =>
    changed('date', 2026112200, '2026-11-22T23:00:00Z').hasSerial(2026112201))
  it('takes the day in UTC', () => changed('date', 1, '2026-11-23T00:30:00+01:00').hasSerial(2026112200))
  it('writes month and day in two digits', () =>
    changed('date', 1, '2027-01-02T00:00:00Z').hasSerial(2027010200))
  it('after a hundred changes of a day it goes on counting', () =>
    changed('date', 2026112299, '2026-11-22T23:00:00Z').hasSerial(2026112300))
  it('and on the next day as well, until the day is later', () => {
    changed('date', 2026112300, '2026-11-23T01:00:00Z').hasSerial(2026112301)
    changed('date', 2026112301, '2026-11-24T01:00:00Z').hasSerial(2026112400)
  })
})

describe('RFC 1982 and P7 under every policy', () => {
  const time = '2026-11-22T12:00:00Z'
  it('a serial that stands later is never taken back', () => {
    changed('date', 3_000_000_000, time).hasSerial(3_000_000_001)
    changed('unixtime', 2026112200, time).hasSerial(2026112201)
  })
  it('"later" goes round: from the end of the circle the date is ahead', () =>
    changed('date', LAST, time).hasSerial(2026112200))
  it('the one distance without an order is not later', () =>
    changed('date', (2026112200 + 0x8000_0000) >>> 0, time).hasSerial((2026112201 + 0x8000_0000) >>> 0))
  it('the serial that an SOA in the message brings stands', () => {
    for (const policy of SERIAL_POLICIES)
      changed(policy, 1, time).add('@ 3600 SOA ns1 hostmaster 77 3600 600 1209600 300').hasSerial(77)
  })
  it('nothing moves when contents do not change', () => {
    for (const serialPolicy of SERIAL_POLICIES)
      given(zoneOf()).underSettings({ serialPolicy }).at(time).deleteName('nowhere').changesNothing()
  })
  it('the next serial is always later, and never 0', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...SERIAL_POLICIES),
        fc.integer({ min: 0, max: LAST }),
        fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
        (policy, current, date) => {
          const next = nextSerial(current as Serial, policy, date.getTime())
          assert.equal(compareSerial(current as Serial, next), -1)
          assert.ok(Number.isInteger(next) && next > 0 && next <= LAST)
        },
      ),
    ))
})
