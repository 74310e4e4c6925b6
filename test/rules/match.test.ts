import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asker, judged } from './support.ts'

/** Under one rule, each operation is granted or falls to the condition that is named. */
function under(
  rule: string,
  who: ReturnType<typeof asker>,
  cases: Readonly<
    Record<string, 'granted' | 'name' | 'self' | 'type' | 'key' | 'address' | 'transport' | 'value'>
  >,
): void {
  describe(`${rule}, asked by ${who.key ?? who.identity} from ${who.address} over ${who.transport}`, () => {
    for (const [operation, expected] of Object.entries(cases))
      it(`${operation}: ${expected}`, () => {
        const { allowed, failed } = judged([rule], who, operation)
        assert.equal(failed ?? 'granted', expected)
        assert.equal(allowed, expected === 'granted')
      })
  })
}

const demo = asker('key:demo')

under('grant demo name www A', demo, {
  'add www A': 'granted',
  'add WWW A': 'granted',
  'add sub.www A': 'name',
  'add ww A': 'name',
  'add xwww A': 'name',
  'add @ A': 'name',
  'add *.www A': 'name',
})
under('grant demo name *.dyn A', demo, {
  'add *.dyn A': 'granted',
  'add a.dyn A': 'name',
  'add dyn A': 'name',
})
under('grant demo subdomain dyn A', demo, {
  'add dyn A': 'granted',
  'add a.dyn A': 'granted',
  'add a.b.dyn A': 'granted',
  'add A.DYN A': 'granted',
  'add *.dyn A': 'granted',
  'add adyn A': 'name',
  'add a\\.dyn A': 'name',
  'add other A': 'name',
  'add @ A': 'name',
})
under('grant demo wildcard *.dyn A', demo, {
  'add a.dyn A': 'granted',
  'add a.b.dyn A': 'granted',
  'add *.dyn A': 'granted',
  'add dyn A': 'name',
  'add adyn A': 'name',
})
under('grant demo zonesub A', demo, {
  'add @ A': 'granted',
  'add a.b.c A': 'granted',
  'add x.example.net. A': 'name',
})
under('grant demo subdomain com. A', demo, { 'add @ A': 'granted', 'add www A': 'granted' })

describe('the name of the key', () => {
  const host = asker('key:host.example.com')
  under('grant * self A', host, {
    'add host A': 'granted',
    'add sub.host A': 'self',
    'add other A': 'self',
    'add @ A': 'self',
  })
  under('grant * selfsub A', host, {
    'add host A': 'granted',
    'add sub.host A': 'granted',
    'add ahost A': 'self',
  })
  under('grant * selfwild A', host, {
    'add host A': 'self',
    'add sub.host A': 'granted',
    'add a.sub.host A': 'granted',
    'add *.host A': 'granted',
  })
  under('grant *.example.com self A', host, { 'add host A': 'granted', 'add other A': 'self' })
  under('grant *.example.net self A', host, { 'add host A': 'key' })
  under('grant *.host.example.com self A', host, { 'add host A': 'key' })
  under('grant * self A', asker('unsigned'), { 'add host A': 'key' })
})

describe('the address over TCP', () => {
  const tcp = asker('unsigned', '192.0.2.9', 'tcp')
  const six = asker('unsigned', '2001:db8::1', 'tcp')
  const own = '9.2.0.192.in-addr.arpa.'
  const own6 = `1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa.`
  under('grant * tcp-self PTR', tcp, {
    [`add ${own} PTR`]: 'granted',
    [`add ${own} A`]: 'type',
    [`add x.${own} PTR`]: 'self',
    'add 8.2.0.192.in-addr.arpa. PTR': 'self',
  })
  under('grant * tcp-self PTR', six, { [`add ${own6} PTR`]: 'granted', [`add ${own} PTR`]: 'self' })
  under('grant * tcp-self PTR', asker('key:demo', '192.0.2.9', 'tcp'), { [`add ${own} PTR`]: 'granted' })
  under('grant * tcp-self PTR', asker('unsigned'), { [`add ${own} PTR`]: 'transport' })
  under('grant *.2.0.192.in-addr.arpa tcp-self PTR', tcp, { [`add ${own} PTR`]: 'granted' })
  under('grant *.10.in-addr.arpa tcp-self PTR', tcp, { [`add ${own} PTR`]: 'address' })
  under(`grant ${own} tcp-self PTR`, tcp, { [`add ${own} PTR`]: 'granted' })
  under('grant ip:192.0.2.0/24 tcp-self PTR', tcp, { [`add ${own} PTR`]: 'granted' })
  under('grant ip:10.0.0.0/8 tcp-self PTR', tcp, { [`add ${own} PTR`]: 'address' })
  under('grant * 6to4-self NS', tcp, {
    'add 9.0.2.0.0.0.0.c.2.0.0.2.ip6.arpa. NS': 'granted',
    [`add ${own} NS`]: 'self',
  })
  under('grant * 6to4-self NS', asker('unsigned', '2002:c000:209::1', 'tcp'), {
    'add 9.0.2.0.0.0.0.c.2.0.0.2.ip6.arpa. NS': 'granted',
  })
})

describe('who asks', () => {
  const near = asker('key:demo', '10.1.2.3')
  under('grant * name www A', demo, { 'add www A': 'granted' })
  under('grant * name www A', asker('unsigned'), { 'add www A': 'granted' })
  under('grant *. name www A', demo, { 'add www A': 'granted' })
  under('grant *. name www A', asker('unsigned'), { 'add www A': 'key' })
  under('grant *. name www A', asker('key:.'), { 'add www A': 'key' })
  under('grant *.hosts name www A', asker('key:a.b.hosts'), { 'add www A': 'granted' })
  under('grant *.hosts name www A', asker('key:hosts'), { 'add www A': 'key' })
  under('grant demo name www A', asker('key:demo2'), { 'add www A': 'key' })
  under('grant demo name www A', asker('unsigned'), { 'add www A': 'key' })
  under('grant ip:192.0.2.0/24 name www A', asker('unsigned'), { 'add www A': 'granted' })
  under('grant ip:192.0.2.0/24 name www A', demo, { 'add www A': 'key' })
  under('grant ip:192.0.2.8/29 name www A', asker('unsigned', '192.0.2.16'), { 'add www A': 'address' })
  under('grant ip:192.0.2.8/29 name www A', asker('unsigned', '192.0.2.15'), { 'add www A': 'granted' })
  under('grant ip:2001:db8::/31 name www A', asker('unsigned', '2001:db9::1'), { 'add www A': 'granted' })
  under('grant ip:2001:db8::/32 name www A', asker('unsigned', '2001:db9::1'), { 'add www A': 'address' })
  under('grant ip:fe80::/10 name www A', asker('unsigned', 'fe80::1%eth0'), { 'add www A': 'granted' })
  under('grant ip:::/0 name www A', asker('unsigned'), { 'add www A': 'address' })
  under('grant demo+ip:10.0.0.0/8 name www A', near, { 'add www A': 'granted' })
  under('grant demo+ip:10.0.0.0/8 name www A', demo, { 'add www A': 'address' })
  under('grant demo+ip:10.0.0.0/8 name www A', asker('unsigned', '10.1.2.3'), { 'add www A': 'key' })
  under('grant *.+ip:10.0.0.0/8 name www A', near, { 'add www A': 'granted' })
  under('grant *+ip:10.0.0.0/8 name www A', asker('unsigned', '10.1.2.3'), { 'add www A': 'granted' })
})

describe('types', () => {
  under('grant demo name www', demo, {
    'add www A': 'granted',
    'add www TYPE65280': 'granted',
    'add www DS': 'granted',
    'add www NS': 'type',
    'add www SOA': 'type',
    'add www RRSIG': 'type',
    'add www NSEC': 'type',
    'add www NSEC3': 'type',
  })
  under('grant demo name www ANY', demo, {
    'add www NS': 'granted',
    'add www SOA': 'granted',
    'add www RRSIG': 'granted',
    'add www NSEC': 'type',
    'add www NSEC3': 'type',
  })
  under('grant demo name www ANY NSEC', demo, { 'add www NSEC': 'granted', 'add www NSEC3': 'type' })
  under('grant demo name www A TXT(2)', demo, {
    'add www A': 'granted',
    'add www TXT': 'granted',
    'delete www TXT': 'granted',
    'add www AAAA': 'type',
  })
})

describe("a value that must be the sender's own address", () => {
  const rule = 'grant * name www A AAAA TXT self-address'
  under(rule, asker('unsigned'), {
    'add www A 192.0.2.9': 'granted',
    'add www A 192.0.2.8': 'value',
    'add www AAAA 2001:db8::1': 'value',
    'add www TXT "free"': 'granted',
    'delete www A 192.0.2.9': 'granted',
    'delete www A 192.0.2.8': 'value',
    'delete www A': 'granted',
  })
  under(rule, asker('unsigned', '2001:db8:0::1'), {
    'add www AAAA 2001:db8::1': 'granted',
    'add www A 192.0.2.9': 'value',
  })
  under('grant * self A self-address', asker('key:www.example.com'), {
    'add www A 192.0.2.9': 'granted',
    'add www A 192.0.2.8': 'value',
    'delete www A 192.0.2.8': 'granted',
  })
})

describe('the first rule that matches decides', () => {
  const rules = [
    'deny demo name www ANY',
    'grant demo subdomain dyn A',
    'grant *. zonesub TXT',
    'deny * zonesub TXT',
    'grant ip:192.0.2.0/24 zonesub',
  ]
  for (const [who, operation, allowed, by] of [
    ['key:demo', 'add www TXT', false, 1],
    ['key:other', 'add www TXT', true, 3],
    ['key:demo', 'add a.dyn A', true, 2],
    ['key:demo', 'add a.dyn TXT', true, 3],
    ['key:demo', 'add a.dyn MX', false, undefined],
    ['unsigned', 'add a.dyn TXT', false, 4],
    ['unsigned', 'add a.dyn MX', true, 5],
    ['unsigned', 'add a.dyn NS', false, undefined],
  ] as const)
    it(`${who}: ${operation} is ${allowed ? 'granted' : 'refused'} by ${by === undefined ? 'none' : `rule ${by}`}`, () => {
      const verdict = judged(rules, asker(who), operation)
      assert.deepEqual([verdict.allowed, verdict.by], [allowed, by])
    })

  it('a denial of ANY is one of every type', () => {
    const verdict = judged(['deny demo zonesub ANY', 'grant demo zonesub NSEC'], demo, 'add www NSEC')
    assert.deepEqual([verdict.allowed, verdict.by], [false, 1])
  })
  it('a denial without types leaves out what a grant leaves out', () => {
    const verdict = judged(['deny demo zonesub', 'grant demo zonesub NS'], demo, 'add www NS')
    assert.deepEqual([verdict.allowed, verdict.by], [true, 2])
  })
  it("a value that is not the sender's own leaves it to the rules behind", () => {
    const verdict = judged(
      ['grant * name www A self-address', 'grant demo zonesub'],
      demo,
      'add www A 192.0.2.1',
    )
    assert.deepEqual([verdict.allowed, verdict.by], [true, 2])
  })
})
