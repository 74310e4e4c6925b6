import { describe, it } from 'node:test'
import { given, zoneOf } from '../support/spec.ts'

const zone = zoneOf(`
  www   300 A     192.0.2.1
  www   300 A     192.0.2.2
  www   300 TXT   "Hello"
  alias 300 CNAME www
  dname 300 DNAME target
  Mixed 300 A     192.0.2.7
`)

describe('RFC 2136 §3.4.1 prescan', () => {
  it('a name outside the zone is NOTZONE', () =>
    given(zone).add('www.example.net. 300 A 192.0.2.1').isRejected('NOTZONE', '3.4.1'))
  it('the parent of the zone is outside', () =>
    given(zone).add('com. 300 A 192.0.2.1').isRejected('NOTZONE', '3.4.1'))
  it('type 0 is no type of a record (RFC 6895 §3.1)', () =>
    given(zone).add('www 300 TYPE0 octets:00').isRejected('FORMERR', '3.4.1'))
  it('a type that is only asked for cannot be added', () =>
    given(zone).add('www 300 ANY').isRejected('FORMERR', '3.4.1'))
  it('RDATA that does not fit its type is FORMERR', () =>
    given(zone).add('www 300 A octets:c00002').isRejected('FORMERR', '3.4.1'))
  it('a TTL in a deletion is FORMERR', () =>
    given(zone).update(255, ['www 60 A']).isRejected('FORMERR', '3.4.1'))
  it('RDATA in the deletion of an RRset is FORMERR', () =>
    given(zone).update(255, ['www A 192.0.2.1']).isRejected('FORMERR', '3.4.1'))
  it('a TTL in the deletion of a record is FORMERR', () =>
    given(zone).update(254, ['www 60 A 192.0.2.1']).isRejected('FORMERR', '3.4.1'))
  it('another class is FORMERR', () =>
    given(zone).update(3, ['www 60 A 192.0.2.1']).isRejected('FORMERR', '3.4.1'))
  it('one bad record stops the whole message', () =>
    given(zone)
      .add('good 300 A 192.0.2.3')
      .add('www.example.net. 300 A 192.0.2.1')
      .isRejected('NOTZONE', '3.4.1'))
})

describe('RFC 2136 §2.5.1, §3.4.2.2 add to an RRset', () => {
  it('makes a name', () => given(zone).add('new 60 A 192.0.2.3').changes('+ new 60 A 192.0.2.3'))
  it('adds to a set', () => given(zone).add('www 300 A 192.0.2.3').changes('+ www 300 A 192.0.2.3'))
  it('changes nothing when the record is there', () =>
    given(zone).add('www 300 A 192.0.2.1').changesNothing())
  it('keeps the case that a name was first given', () =>
    given(zone).add('mIXED 300 A 192.0.2.8').changes('+ Mixed 300 A 192.0.2.8'))
  it('a new TTL holds for the whole set, which has one', () =>
    given(zone)
      .add('www 60 A 192.0.2.1')
      .changes(
        '- www 300 A 192.0.2.1',
        '- www 300 A 192.0.2.2',
        '+ www 60 A 192.0.2.1',
        '+ www 60 A 192.0.2.2',
      ))
  it('stores types that it does not know', () =>
    given(zone).add('new 60 TYPE65280 \\# 3 010203').changes('+ new 60 TYPE65280 \\# 3 010203'))
  it('a CNAME beside other data is ignored', () => given(zone).add('www 300 CNAME alias').changesNothing())
  it('other data beside a CNAME is ignored', () => given(zone).add('alias 300 A 192.0.2.1').changesNothing())
  it('a CNAME replaces a CNAME', () =>
    given(zone).add('alias 300 CNAME other').changes('- alias 300 CNAME www', '+ alias 300 CNAME other'))
  it('a DNAME replaces a DNAME', () =>
    given(zone).add('dname 300 DNAME other').changes('- dname 300 DNAME target', '+ dname 300 DNAME other'))
  it('an SOA below the apex is ignored', () =>
    given(zone).add('www 300 SOA ns1 hostmaster 9 1 1 1 1').changesNothing())
  it('an SOA that is not later is ignored', () =>
    given(zone).add('@ 3600 SOA ns1 other 1 1 1 1 1').changesNothing())
  it('a WKS replaces the one for the same address and protocol, and no other', () =>
    given(zoneOf('wks 300 WKS 192.0.2.1 6 25\nwks 300 WKS 192.0.2.1 17 53'))
      .add('wks 300 WKS 192.0.2.1 6 80')
      .changes('- wks 300 WKS 192.0.2.1 6 25', '+ wks 300 WKS 192.0.2.1 6 80'))
  it('a later SOA replaces the SOA and brings its serial', () =>
    given(zone).add('@ 3600 SOA ns1 hostmaster 77 3600 600 1209600 300').hasSerial(77))
})

describe('RFC 2136 §2.5.2 delete an RRset', () => {
  it('takes all of its records', () =>
    given(zone).deleteRRset('www A').changes('- www 300 A 192.0.2.1', '- www 300 A 192.0.2.2'))
  it('of a type that is not there changes nothing', () =>
    given(zone).deleteRRset('www AAAA').changesNothing())
  it('leaves the SOA', () => given(zone).deleteRRset('@ SOA').changesNothing())
  it('leaves the NS of the apex', () => given(zone).deleteRRset('@ NS').changesNothing())
})

describe('RFC 2136 §2.5.3 delete all RRsets from a name', () => {
  it('takes every type', () =>
    given(zone)
      .deleteName('www')
      .changes('- www 300 A 192.0.2.1', '- www 300 A 192.0.2.2', '- www 300 TXT "Hello"'))
  it('leaves SOA and NS of the apex', () =>
    given(zoneOf('@ 300 TXT "gone"')).deleteName('@').changes('- @ 300 TXT "gone"'))
})

describe('RFC 2136 §2.5.4 delete an RR from an RRset', () => {
  it('takes that value only', () =>
    given(zone).deleteRecord('www A 192.0.2.1').changes('- www 300 A 192.0.2.1'))
  it('of a value that is not there changes nothing', () =>
    given(zone).deleteRecord('www A 192.0.2.77').changesNothing())
  it('never takes the SOA', () =>
    given(zone).deleteRecord('@ SOA ns1 hostmaster 1 3600 600 1209600 300').changesNothing())
  it('leaves the last NS of the apex', () => given(zone).deleteRecord('@ NS ns1').changesNothing())
  it('takes one NS of two', () =>
    given(zoneOf('@ 3600 NS ns2')).deleteRecord('@ NS ns1').changes('- @ 3600 NS ns1'))
  it('of both NS takes the first only', () =>
    given(zoneOf('@ 3600 NS ns2')).deleteRecord('@ NS ns1', '@ NS ns2').changes('- @ 3600 NS ns1'))
  it('takes the last NS below the apex', () =>
    given(zoneOf('sub 300 NS ns1')).deleteRecord('sub NS ns1').changes('- sub 300 NS ns1'))
})

describe('P9 the operations of a message run in the order sent', () => {
  it('delete then add replaces', () =>
    given(zone).deleteRRset('www A').add('www 300 A 192.0.2.1').changes('- www 300 A 192.0.2.2'))
  it('add then delete leaves nothing', () =>
    given(zone).add('new 60 A 192.0.2.3').deleteName('new').changesNothing())
  it('taking away and putting back changes nothing', () =>
    given(zone).deleteRRset('www A').add('www 300 A 192.0.2.2', 'www 300 A 192.0.2.1').changesNothing())
  it('a CNAME may take the place of what was deleted before it', () =>
    given(zone)
      .deleteName('alias')
      .add('alias 60 A 192.0.2.4')
      .changes('- alias 300 CNAME www', '+ alias 60 A 192.0.2.4'))
})

describe('RFC 2136 §3.6 and P7 the serial', () => {
  const withSerial = (serial: number) =>
    zoneOf('', `@ 3600 IN SOA ns1 hostmaster ${serial} 3600 600 1209600 300\n@ 3600 IN NS ns1\n`)
  it('moves by one when contents change', () => given(withSerial(41)).add('new 60 A 192.0.2.3').hasSerial(42))
  it('wraps past 2^32 and leaves 0 out', () =>
    given(withSerial(0xffff_ffff)).add('new 60 A 192.0.2.3').hasSerial(1))
  it('a later serial across the wrap is later (RFC 1982)', () =>
    given(withSerial(0xffff_fff0)).add('@ 3600 SOA ns1 hostmaster 5 3600 600 1209600 300').hasSerial(5))
  it('an SOA that is later than one before it, yet not than the stored one, is ignored', () =>
    given(zone)
      .add('@ 3600 SOA ns1 hostmaster 2000000000 3600 600 1209600 300')
      .add('@ 3600 SOA ns1 hostmaster 4000000000 3600 600 1209600 300')
      .hasSerial(2_000_000_000))
  it('a serial at the undefined distance is not later', () =>
    given(withSerial(1)).add('@ 3600 SOA ns1 hostmaster 2147483649 3600 600 1209600 300').changesNothing())
  it('does not move for a message without updates', () => given(zone).changesNothing())
})
