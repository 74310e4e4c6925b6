import { describe, it } from 'node:test'
import { given, zoneOf } from '../support/spec.ts'

const zone = zoneOf(`
  www   300 A     192.0.2.1
  www   300 A     192.0.2.2
  www   300 TXT   "Hello"
  alias 300 CNAME www
  *.wild 300 A    192.0.2.9
  a.b.ent 300 A   192.0.2.5
  mail  300 MX    10 Mail.Example.COM.
`)

describe('RFC 2136 §2.4.1 RRset exists (value independent)', () => {
  it('is met by any record of the type', () => given(zone).requireRRset('www A').changesNothing())
  it('is met whatever the case of the name', () => given(zone).requireRRset('WWW A').changesNothing())
  it('is not met by another type', () => given(zone).requireRRset('www AAAA').isRejected('NXRRSET', '3.2.1'))
  it('is not met by a wildcard', () => given(zone).requireRRset('x.wild A').isRejected('NXRRSET', '3.2.1'))
  it('is not met through a CNAME', () => given(zone).requireRRset('alias A').isRejected('NXRRSET', '3.2.1'))
  it('holds of the apex', () => given(zone).requireRRset('@ SOA', '@ NS').changesNothing())
})

describe('RFC 2136 §2.4.2 RRset exists (value dependent)', () => {
  it('is met by exactly the stored set, in any order', () =>
    given(zone).requireValues('www A 192.0.2.2', 'www A 192.0.2.1').changesNothing())
  it('is met when a value is given twice', () =>
    given(zone).requireValues('www A 192.0.2.2', 'www A 192.0.2.1', 'www A 192.0.2.2').changesNothing())
  it('is not met by a subset', () =>
    given(zone).requireValues('www A 192.0.2.1').isRejected('NXRRSET', '3.2.3'))
  it('is not met by a superset', () =>
    given(zone)
      .requireValues('www A 192.0.2.1', 'www A 192.0.2.2', 'www A 192.0.2.3')
      .isRejected('NXRRSET', '3.2.3'))
  it('compares names in RDATA without regard to case', () =>
    given(zone).requireValues('mail MX 10 mail.example.com.').changesNothing())
  it('compares other RDATA octet by octet', () =>
    given(zone).requireValues('www TXT "hello"').isRejected('NXRRSET', '3.2.3'))
  it('judges each RRset for itself', () =>
    given(zone)
      .requireValues('www A 192.0.2.1', 'www A 192.0.2.2', 'www TXT "other"')
      .isRejected('NXRRSET', '3.2.3'))
  it('may stand beside other forms for the same RRset', () =>
    given(zone)
      .requireRRset('www A')
      .requireValues('www A 192.0.2.1', 'www A 192.0.2.2')
      .requireName('www')
      .changesNothing())
})

describe('RFC 2136 §2.4.3 RRset does not exist', () => {
  it('is met by a name without the type', () => given(zone).requireNoRRset('www AAAA').changesNothing())
  it('is met by a name that does not exist', () => given(zone).requireNoRRset('nowhere A').changesNothing())
  it('is met under a wildcard', () => given(zone).requireNoRRset('x.wild A').changesNothing())
  it('is not met by a stored RRset', () => given(zone).requireNoRRset('www A').isRejected('YXRRSET', '3.2.2'))
})

describe('RFC 2136 §2.4.4 name is in use', () => {
  it('is met by any record', () => given(zone).requireName('alias').changesNothing())
  it('is not met by a name without records', () =>
    given(zone).requireName('nowhere').isRejected('NXDOMAIN', '3.2.1'))
  it('is not met by an empty non-terminal', () =>
    given(zone).requireName('b.ent').isRejected('NXDOMAIN', '3.2.1'))
  it('is not met by a wildcard that would answer', () =>
    given(zone).requireName('x.wild').isRejected('NXDOMAIN', '3.2.1'))
})

describe('RFC 2136 §2.4.5 name is not in use', () => {
  it('is met by a name without records', () => given(zone).requireNoName('nowhere').changesNothing())
  it('is met by an empty non-terminal', () => given(zone).requireNoName('b.ent').changesNothing())
  it('is not met by a name with records', () =>
    given(zone).requireNoName('www').isRejected('YXDOMAIN', '3.2.2'))
})

describe('RFC 2136 §3.2 malformed prerequisites', () => {
  it('a TTL is FORMERR', () => given(zone).prerequisite(255, ['www 60 A']).isRejected('FORMERR', '3.2'))
  it('a name outside the zone is NOTZONE', () =>
    given(zone).requireRRset('www.example.net. A').isRejected('NOTZONE', '3.2'))
  it('a name that only ends in the same letters is outside', () =>
    given(zone).requireRRset('www.notexample.com. A').isRejected('NOTZONE', '3.2'))
  it('RDATA with class ANY is FORMERR', () =>
    given(zone).prerequisite(255, ['www A 192.0.2.1']).isRejected('FORMERR', '3.2.1'))
  it('RDATA with class NONE is FORMERR', () =>
    given(zone).prerequisite(254, ['www A 192.0.2.1']).isRejected('FORMERR', '3.2.2'))
  it('a value that does not fit its type is FORMERR, before any other prerequisite is looked at', () =>
    given(zone).requireNoName('www').requireValues('www A octets:c00002').isRejected('FORMERR', '3.2'))
  it('another class is FORMERR', () =>
    given(zone).prerequisite(3, ['www A 192.0.2.1']).isRejected('FORMERR', '3.2'))
  it('an unmet prerequisite stops the updates', () =>
    given(zone).requireNoName('www').add('new 300 A 192.0.2.3').isRejected('YXDOMAIN', '3.2.2'))
})
