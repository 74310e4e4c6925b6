import { describe, it } from 'node:test'
import { given, type UpdateSpec, zoneOf } from '../support/spec.ts'

const zone = zoneOf(`
  www 300 A 192.0.2.1
  www 300 TXT "kept"
  old 300 A 192.0.2.1
  old 300 A 192.0.2.2
  sub 300 NS ns.other.example.
  many 300 TXT "a"
  many 300 TXT "b"
  many 300 TXT "c"
  @ 300 TXT "apex"`)

const asDemo = (...rules: string[]): UpdateSpec =>
  given(zone)
    .signedBy('demo')
    .underRules(...rules)

describe('RFC 2136 §3.3 who may update the zone at all', () => {
  it('without rules nobody may', () =>
    given(zone).underRules().add('new 60 A 192.0.2.3').isRefused('not-admitted'))
  it('a stranger learns nothing from prerequisites', () =>
    given(zone).underRules('grant demo zonesub ANY').requireNoName('www').isRefused('not-admitted'))
  it('an address in the range may', () =>
    given(zone)
      .underRules('grant ip:192.0.2.0/24 zonesub ANY')
      .add('new 60 A 192.0.2.3')
      .changes('+ new 60 A 192.0.2.3'))
  it('an address outside may not', () =>
    given(zone)
      .underRules('grant ip:198.51.100.0/24 zonesub ANY')
      .add('new 60 A 192.0.2.3')
      .isRefused('not-admitted'))
  it('the first rule that matches decides', () =>
    given(zone)
      .underRules('deny ip:192.0.2.99 zonesub ANY', 'grant * zonesub ANY')
      .add('new 60 A 192.0.2.3')
      .isRefused('not-admitted'))
  it('whoever may change anything may ask for nothing', () =>
    asDemo('grant demo name www A').changesNothing())
  it('and by prerequisites alone', () => asDemo('grant demo name www A').requireName('www').changesNothing())
})

describe('RFC 2136 §3.3 each record against the rules', () => {
  const rules = ['grant demo name www A', 'grant demo subdomain dyn A TXT']
  it('a granted name and type', () =>
    asDemo(...rules)
      .add('www 300 A 192.0.2.7')
      .changes('+ www 300 A 192.0.2.7'))
  it('another type', () =>
    asDemo(...rules)
      .add('www 60 AAAA 2001:db8::1')
      .isRefused('not-permitted'))
  it('another name', () =>
    asDemo(...rules)
      .add('other 60 A 192.0.2.7')
      .isRefused('not-permitted'))
  it('one record that is not granted refuses the whole message', () =>
    asDemo(...rules)
      .add('www 300 A 192.0.2.7', 'other 60 A 192.0.2.7')
      .isRefused('not-permitted'))
  it('a rule that denies is named', () =>
    asDemo('deny demo name www ANY', 'grant demo zonesub').add('www 300 A 192.0.2.7').isRefused('denied'))
  it('prerequisites come first', () =>
    asDemo(...rules)
      .requireNoName('www')
      .add('other 60 A 192.0.2.7')
      .isRejected('YXDOMAIN', '3.2.2'))
  it('prerequisites may ask about any name', () =>
    asDemo(...rules)
      .requireName('old')
      .add('www 300 A 192.0.2.7')
      .changes('+ www 300 A 192.0.2.7'))
  it('the prescan comes after', () =>
    asDemo(...rules)
      .add('www.example.net. 60 A 192.0.2.7', 'other 60 A 192.0.2.7')
      .isRefused('not-permitted'))
  it('a record of another zone is left to the prescan', () =>
    asDemo(...rules)
      .add('www.example.net. 60 A 192.0.2.7')
      .isRejected('NOTZONE', '3.4.1'))
  it('a malformed record is left to the prescan', () =>
    asDemo(...rules)
      .deleteRRset('other 5 A')
      .isRejected('FORMERR', '3.4.1'))
})

describe('RFC 2136 §3.3 deletions', () => {
  it('of a record', () => {
    asDemo('grant demo name old A').deleteRecord('old A 192.0.2.1').changes('- old 300 A 192.0.2.1')
    asDemo('grant demo name old TXT').deleteRecord('old A 192.0.2.1').isRefused('not-permitted')
  })
  it('of a record that is not there', () =>
    asDemo('grant demo name old TXT').deleteRecord('old A 192.0.2.77').isRefused('not-permitted'))
  it('of an RRset', () => {
    asDemo('grant demo name www TXT').deleteRRset('www TXT').changes('- www 300 TXT "kept"')
    asDemo('grant demo name www A').deleteRRset('www TXT').isRefused('not-permitted')
  })
  it('of a name, whose types are all granted', () =>
    asDemo('grant demo name www').deleteName('www').changes('- www 300 A 192.0.2.1', '- www 300 TXT "kept"'))
  it('of a name, one of whose types is not granted', () =>
    asDemo('grant demo name www A').deleteName('www').isRefused('not-permitted'))
  it('of a name with an NS, which a rule without types does not grant', () =>
    asDemo('grant demo zonesub').deleteName('sub').isRefused('not-permitted'))
  it('of a name that is not there', () => asDemo('grant demo name www A').deleteName('none').changesNothing())
  it('of a name by the rules for each type', () =>
    asDemo('grant demo name www A', 'grant demo name www TXT')
      .deleteName('www')
      .changes('- www 300 A 192.0.2.1', '- www 300 TXT "kept"'))
  it('of the apex, which keeps its SOA and NS whoever asks', () =>
    asDemo('grant demo name @ TXT').deleteName('@').changes('- @ 300 TXT "apex"'))
  it('of what the message itself has just added', () =>
    asDemo('grant demo name new A').add('new 60 A 192.0.2.1').deleteName('new').changesNothing())
})

describe('TYPE(N) refuses the excess of the whole message', () => {
  const two = (): UpdateSpec => asDemo('grant demo zonesub TXT(2) A')
  it('as many as allowed', () =>
    two().add('n 60 TXT a', 'n 60 TXT b').changes('+ n 60 TXT "a"', '+ n 60 TXT "b"'))
  it('one more', () => two().add('n 60 TXT a', 'n 60 TXT b', 'n 60 TXT c').isRefused('rule-limit'))
  it('other types are not counted', () =>
    two()
      .add('n 60 TXT a', 'n 60 TXT b', 'n 60 A 192.0.2.1')
      .changes('+ n 60 TXT "a"', '+ n 60 TXT "b"', '+ n 60 A 192.0.2.1'))
  it('each name has its own count', () =>
    two()
      .add('n 60 TXT a', 'n 60 TXT b', 'm 60 TXT c')
      .changes('+ n 60 TXT "a"', '+ n 60 TXT "b"', '+ m 60 TXT "c"'))
  it('a name in another case is the same name', () =>
    two().add('n 60 TXT a', 'N 60 TXT b', 'n 60 TXT c').isRefused('rule-limit'))
  it('the same value again is one value, with another TTL too', () =>
    two()
      .add('n 60 TXT a', 'n 60 TXT a', 'n 90 TXT a', 'n 60 TXT b')
      .changes('+ n 60 TXT "a"', '+ n 60 TXT "b"'))
  it('adding, deleting and adding does not slip through', () =>
    two()
      .add('n 60 TXT a', 'n 60 TXT b')
      .deleteRRset('n TXT')
      .add('n 60 TXT c', 'n 60 TXT d', 'n 60 TXT e')
      .isRefused('rule-limit'))
  it('what is deleted at the end is not counted', () =>
    two()
      .add('n 60 TXT a', 'n 60 TXT b', 'n 60 TXT c')
      .deleteRecord('n TXT a')
      .changes('+ n 60 TXT "b"', '+ n 60 TXT "c"'))
  it('a set that is too large may shrink', () =>
    two().deleteRecord('many TXT a').changes('- many 300 TXT "a"'))
  it('and be replaced within the limit', () =>
    two()
      .deleteRRset('many TXT')
      .add('many 300 TXT d')
      .changes('- many 300 TXT "a"', '- many 300 TXT "b"', '- many 300 TXT "c"', '+ many 300 TXT "d"'))
  it('and take a value again that it has', () => two().add('many 300 TXT a').changesNothing())
  it('but no new value', () => {
    two().add('many 300 TXT d').isRefused('rule-limit')
    two().deleteRecord('many TXT a').add('many 300 TXT d').isRefused('rule-limit')
  })
  it('ANY(N) is a limit of each type', () => {
    const any = () => asDemo('grant demo zonesub ANY(1)')
    any().add('n 60 TXT a', 'n 60 A 192.0.2.1').changes('+ n 60 TXT "a"', '+ n 60 A 192.0.2.1')
    any().add('n 60 TXT a', 'n 60 TXT b').isRefused('rule-limit')
  })
  it('a type by its name goes before ANY', () =>
    asDemo('grant demo zonesub ANY(1) TXT(2)')
      .add('n 60 TXT a', 'n 60 TXT b')
      .changes('+ n 60 TXT "a"', '+ n 60 TXT "b"'))
  it('the strictest of several rules holds', () =>
    asDemo('grant demo name n A(1) self-address', 'grant demo zonesub A(5)')
      .add('n 60 A 192.0.2.99', 'n 60 A 192.0.2.1')
      .isRefused('rule-limit'))
})

describe("a value that must be the sender's own address", () => {
  const own = (): UpdateSpec => given(zone).underRules('grant ip:192.0.2.0/24 zonesub A AAAA self-address')
  it('may be put in', () => own().add('n 60 A 192.0.2.99').changes('+ n 60 A 192.0.2.99'))
  it("another's may not", () => own().add('n 60 A 192.0.2.98').isRefused('not-permitted'))
  it('may be taken away', () =>
    own().from('192.0.2.1').deleteRecord('old A 192.0.2.1').changes('- old 300 A 192.0.2.1'))
  it("another's may not", () => own().deleteRecord('old A 192.0.2.1').isRefused('not-permitted'))
  it('nor an RRset, or a name, with any of another', () => {
    own().from('192.0.2.1').deleteRRset('old A').isRefused('not-permitted')
    own().from('192.0.2.1').deleteName('old').isRefused('not-permitted')
  })
  it('but an RRset that holds nothing else, or nothing', () => {
    given(zone)
      .underRules('grant ip:192.0.2.0/24 zonesub A self-address')
      .from('192.0.2.1')
      .deleteRRset('www A', 'none A')
      .changes('- www 300 A 192.0.2.1')
  })
  it('at its own name a key may take away what is there', () =>
    given(zone)
      .signedBy('old.example.com')
      .underRules('grant * self A self-address')
      .deleteRRset('old A')
      .add('old 300 A 192.0.2.99')
      .changes('- old 300 A 192.0.2.1', '- old 300 A 192.0.2.2', '+ old 300 A 192.0.2.99'))
})
