import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { nameOf } from '../../shared/dns/name.ts'
import { addSerial, compareSerial, type Serial } from '../../shared/dns/serial.ts'
import { readSoa, serialOf, soaRdata, withSerial } from '../../shared/dns/soa.ts'

const serial = (value: number) => value as Serial

describe('RFC 1982 §3.1 addition', () => {
  it('wraps at 2^32', () => {
    assert.equal(addSerial(serial(0xffff_ffff), 1), 0)
    assert.equal(addSerial(serial(0), 0x7fff_ffff), 0x7fff_ffff)
  })
  it('is a fault outside 0 to 2^31 - 1', () => {
    for (const n of [-1, 0x8000_0000, 0.5]) assert.throws(() => addSerial(serial(1), n), RangeError)
  })
})

describe('RFC 1982 §3.2 comparison', () => {
  it('goes around the circle', () => {
    assert.equal(compareSerial(serial(1), serial(2)), -1)
    assert.equal(compareSerial(serial(2), serial(1)), 1)
    assert.equal(compareSerial(serial(0xffff_ffff), serial(0)), -1)
    assert.equal(compareSerial(serial(7), serial(7)), 0)
    assert.equal(compareSerial(serial(0), serial(0x8000_0000)), undefined)
  })
  it('finds every sum later than what was added to', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.integer({ min: 1, max: 0x7fff_ffff }),
        (s, n) => {
          assert.equal(compareSerial(serial(s), addSerial(serial(s), n)), -1)
        },
      ),
    )
  })
})

describe('RFC 1035 §3.3.13 SOA', () => {
  const soa = {
    mname: nameOf('ns.example'),
    rname: nameOf('host\\.master.example'),
    serial: serial(0xffff_fffe),
    refresh: 1,
    retry: 2,
    expire: 3,
    minimum: 0xffff_ffff,
  }
  const rdata = soaRdata(soa)
  it('comes back as it went', () => assert.deepEqual(readSoa(rdata), { ok: true, value: soa }))
  it('takes another serial without touching the original', () => {
    const next = withSerial(rdata, serial(5))
    assert.equal(serialOf(next), 5)
    assert.equal(serialOf(rdata), 0xffff_fffe)
    assert.deepEqual(readSoa(next), { ok: true, value: { ...soa, serial: 5 } })
  })
  it('is malformed at every shorter length, and with an octet more', () => {
    for (let end = 0; end < rdata.length; end++) assert.equal(readSoa(rdata.subarray(0, end)).ok, false)
    assert.equal(readSoa(Buffer.concat([rdata, Buffer.of(0)])).ok, false)
  })
})
