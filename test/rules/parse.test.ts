import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nameOf, ROOT } from '../../shared/dns/name.ts'
import { faultOf, printed } from './support.ts'

describe('a rule as it is written', () => {
  for (const [text, canonical = text] of [
    ['grant demo zonesub ANY'],
    ['deny ip:10.0.0.0/8 zonesub ANY'],
    ['grant ip:::1 zonesub ANY'],
    ['grant * zonesub ANY'],
    ['grant demo zonesub'],
    ['  grant   demo\tzonesub  ANY ', 'grant demo zonesub ANY'],
    ['grant Demo. name WWW a AaAa', 'grant demo name www A AAAA'],
    ['grant demo name www.example.com. A', 'grant demo name www A'],
    ['grant demo name @ TXT', 'grant demo name @ TXT'],
    ['grant demo name example.com. TXT', 'grant demo name @ TXT'],
    ['grant demo name *.dyn A', 'grant demo name *.dyn A'],
    ['grant demo subdomain dyn A'],
    ['grant demo subdomain com. A', 'grant demo subdomain com. A'],
    ['grant demo wildcard *.dyn'],
    ['grant demo wildcard * A', 'grant demo wildcard * A'],
    ['grant * self . A', 'grant * self A'],
    ['grant * self * A AAAA', 'grant * self A AAAA'],
    ['grant host.example.com. self host.example.com. A', 'grant host.example.com self A'],
    ['grant a self A', 'grant a self A'],
    ['grant * selfsub', 'grant * selfsub'],
    ['grant *.example.com selfwild TXT'],
    ['grant * tcp-self . PTR(1)', 'grant * tcp-self PTR(1)'],
    ['grant *.2.0.192.in-addr.arpa. tcp-self PTR', 'grant *.2.0.192.in-addr.arpa tcp-self PTR'],
    ['grant ip:192.0.2.0/24 tcp-self PTR', 'grant ip:192.0.2.0/24 tcp-self PTR'],
    ['grant * 6to4-self NS(10) DS(4)'],
    ['grant *. name www A', 'grant *. name www A'],
    ['grant demo+ip:10.0.0.0/8 name www A'],
    ['grant *+ip:10.0.0.0/8 name www A'],
    ['grant demo name www TXT(2) A', 'grant demo name www TXT(2) A'],
    ['grant demo name www ANY(3)', 'grant demo name www ANY(3)'],
    ['grant demo name www TYPE65280', 'grant demo name www TYPE65280'],
    ['grant demo name www TYPE1 ', 'grant demo name www A'],
    ['grant ip:10.0.0.0/8 name www A AAAA self-address'],
  ] as const)
    it(`${text.trim()} is ${canonical}`, () => {
      assert.equal(printed(text), canonical)
      assert.equal(printed(canonical), canonical)
    })

  it('ends in a form that older programs refuse, where they would take it for the name of a key', () => {
    assert.equal(printed('deny demo+ip:10.0.0.0/8 zonesub ANY'), 'deny demo+ip:10.0.0.0/8 subdomain @ ANY')
    assert.equal(printed('deny *.hosts zonesub ANY'), 'deny *.hosts subdomain @ ANY')
  })

  it('keeps its dot where the name relative to the zone would look absolute', () => {
    const text = 'grant demo name www.example.com.example.com. A'
    assert.equal(printed(text), text)
  })

  it('can be of the root zone', () => {
    assert.equal(printed('grant demo name com A', ROOT), 'grant demo name com. A')
  })

  it('names what lies in its zone: the same word elsewhere is another name', () => {
    assert.equal(
      printed('grant demo name www.example.com A', nameOf('example.net.')),
      'grant demo name www.example.com A',
    )
  })
})

describe('a rule that cannot be read says which word, and what was expected', () => {
  for (const [text, word, expected] of [
    ['', undefined, /^grant or deny/],
    ['allow demo zonesub ANY', 'allow', /^grant or deny/],
    ['grant', undefined, /TSIG key, ip:CIDR/],
    ['grant demo', undefined, /^one of name, subdomain/],
    ['grant demo subdomian dyn', 'subdomian', /did you mean subdomain/],
    ['grant ip:10.0.0.0/33 zonesub', 'ip:10.0.0.0/33', /ip:CIDR/],
    ['grant ip:10.0.0 zonesub', 'ip:10.0.0', /ip:CIDR/],
    ['grant ip:::ffff:10.0.0.0/104 zonesub', 'ip:::ffff:10.0.0.0/104', /ip:CIDR/],
    ['grant demo+ip:nowhere zonesub', 'demo+ip:nowhere', /KEY\+ip:CIDR/],
    ['grant a..b zonesub', 'a..b', /TSIG key/],
    ['grant ip:10.0.0.0/8 self A', 'ip:10.0.0.0/8', /^a key/],
    ['grant demo+ip:10.0.0.0/8 tcp-self PTR', 'demo+ip:10.0.0.0/8', /asks for no key/],
    ['grant demo name', undefined, /^a name such as www/],
    ['grant demo name a..b', 'a..b', /^a name such as www/],
    ['grant demo wildcard dyn A', 'dyn', /^a wildcard such as \*\.dyn/],
    ['grant demo name www.example.com A', 'www.example.com', /^www\.example\.com\. with its final dot/],
    ['grant demo name www.example.net. A', 'www.example.net.', /in the zone example\.com/],
    ['grant demo name com. A', 'com.', /in the zone example\.com/],
    ['grant demo name www AA', 'AA', /^a type such as A or TXT\(2\)/],
    ['grant demo name www A,AAAA', 'A,AAAA', /spaces between/],
    ['grant demo name www A A', 'A', /each type once/],
    ['grant demo name www AXFR', 'AXFR', /no record has the type/],
    ['grant demo name www TXT(0)', 'TXT(0)', /N from 1/],
    ['grant demo name www TXT(x)', 'TXT(x)', /N from 1/],
    ['grant demo name www TXT(', 'TXT(', /^a type such as/],
    ['deny demo name www TXT(2)', 'TXT(2)', /^TXT without a number/],
    ['deny demo name www A self-address', 'self-address', /only a grant/],
    ['grant demo name www self-address', 'self-address', /A, AAAA or both/],
    ['grant demo name www TXT self-address', 'self-address', /A, AAAA or both/],
    ['grant demo name www self-address A', 'self-address', /^a type such as/],
  ] as const)
    it(`'${text}': ${word ?? 'a word is missing'}`, () => {
      const fault = faultOf(text)
      assert.equal(fault.word, word)
      assert.match(fault.expected, expected)
      assert.ok(fault.reason.endsWith(`expected: ${fault.expected}`))
    })
})
