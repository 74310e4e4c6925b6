import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nameOf } from '../../shared/dns/name.ts'
import { importBind } from '../../shared/rules/import/bind.ts'
import type { Imported } from '../../shared/rules/import/finding.ts'
import { importKnot } from '../../shared/rules/import/knot.ts'
import { parseRule } from '../../shared/rules/parse-rule.ts'

const APEX = nameOf('example.com.')

/** Rules that can all be read, and what is said about the rest: `line:column word`. */
function read({ rules, findings }: Imported) {
  for (const rule of rules) {
    const parsed = parseRule(rule, APEX)
    assert.ok(parsed.ok, parsed.ok ? '' : `${rule}: ${parsed.reason}`)
  }
  return { rules, found: findings.map(({ kind, line, column, word }) => `${kind} ${line}:${column} ${word}`) }
}
const bind = (text: string) => read(importBind(text, APEX))
const knot = (text: string) => read(importKnot(text, APEX))

describe("BIND's allow-update", () => {
  const cases: [string, string, string[]][] = [
    ['any', 'any;', ['grant * zonesub ANY']],
    ['none', 'none;', []],
    ['a key, quoted or not', 'key "dhcp"; key acme.;', ['grant dhcp zonesub ANY', 'grant acme zonesub ANY']],
    [
      'addresses, for whoever sends from there, signed or not',
      '10/8; 192.168.1/24; 2001:db8::/32; 192.0.2.1;',
      [
        'grant *+ip:10.0.0.0/8 zonesub ANY',
        'grant *+ip:192.168.1.0/24 zonesub ANY',
        'grant *+ip:2001:db8::/32 zonesub ANY',
        'grant *+ip:192.0.2.1 zonesub ANY',
      ],
    ],
    [
      'negations, in order',
      '!10.1.0.0/16; 10.0.0.0/8; ! key old; key new;',
      [
        'deny *+ip:10.1.0.0/16 zonesub ANY',
        'grant *+ip:10.0.0.0/8 zonesub ANY',
        'deny old zonesub ANY',
        'grant new zonesub ANY',
      ],
    ],
    [
      'lists in lists',
      '{ 10.0.0.0/8; { key dhcp; }; }; !{ 192.0.2.0/24; }; any;',
      [
        'grant *+ip:10.0.0.0/8 zonesub ANY',
        'grant dhcp zonesub ANY',
        'deny *+ip:192.0.2.0/24 zonesub ANY',
        'grant * zonesub ANY',
      ],
    ],
    [
      'the idiom for key and address',
      '!{ !10.0.0.0/8; !192.0.2.0/24; any; }; key dhcp; 10.1.0.0/16; 172.16.0.0/12;',
      [
        'grant dhcp+ip:10.0.0.0/8 zonesub ANY',
        'grant dhcp+ip:192.0.2.0/24 zonesub ANY',
        'grant *+ip:10.1.0.0/16 zonesub ANY',
      ],
    ],
  ]
  for (const [what, list, rules] of cases)
    it(`takes ${what}`, () => assert.deepEqual(bind(`allow-update { ${list} };`), { rules, found: [] }))

  it('takes the names of acls, and acls in acls', () => {
    const text = `
      acl office { 10.0.0.0/8; };
      acl "all" { office; key dhcp; };
      zone "example.com" { allow-update { !badguys; all; }; };
      acl badguys { 10.6.6.6; };`
    assert.deepEqual(bind(text), {
      rules: [
        'deny *+ip:10.6.6.6 zonesub ANY',
        'grant *+ip:10.0.0.0/8 zonesub ANY',
        'grant dhcp zonesub ANY',
      ],
      found: [],
    })
  })

  it('says which words it leaves out', () => {
    assert.deepEqual(bind('allow-update {\n  localnets;\n  geoip country DE;\n  key k;\n  friends;\n};'), {
      rules: ['grant k zonesub ANY'],
      found: ['left-out 2:3 localnets', 'left-out 3:3 geoip', 'left-out 5:3 friends'],
    })
    assert.deepEqual(bind('allow-update { localhost; };'), {
      rules: ['grant *+ip:127.0.0.0/8 zonesub ANY', 'grant *+ip:::1 zonesub ANY'],
      found: ['note 1:16 localhost'],
    })
  })

  it('is refused where leaving out a denial would grant too much', () => {
    for (const list of [
      '!localnets; any;',
      '{ !10.0.0.1; 10.0.0.0/8; }; any;',
      '!{ !10.0.0.1; 10.0.0.0/8; }; any;',
    ])
      assert.match(bind(`allow-update { ${list} };`).found.join(), /^refused 1:1\d/, list)
    assert.match(bind('acl a { b; }; acl b { a; }; allow-update { a; };').found.join(), /^refused .* a/)
  })
})

describe("BIND's update-policy", () => {
  it('is taken rule by rule, names and keys made absolute as BIND reads them', () => {
    const text = `zone example.com IN {
      type primary; // comments of every kind
      /* even
         long ones */ file "db";  # and these
      update-policy {
        deny host.old. name example.com;
        grant dhcp subdomain dyn.example.com. A AAAA DHCID;
        grant "*" self * A;
        grant *.clients.example selfsub . ANY;
        grant acme name _acme-challenge.example.com TXT(2);
        grant all zonesub;
        grant star wildcard *.w.example.com MX;
        grant * tcp-self . PTR(1);
        grant * 6to4-self;
      };
    };`
    assert.deepEqual(bind(text), {
      rules: [
        'deny host.old name example.com.',
        'grant dhcp subdomain dyn.example.com. A AAAA DHCID',
        'grant *. self A',
        'grant *.clients.example selfsub ANY',
        'grant acme name _acme-challenge.example.com. TXT(2)',
        'grant all zonesub',
        'grant star wildcard *.w.example.com. MX',
        'grant * tcp-self PTR(1)',
        'grant * 6to4-self',
      ],
      found: ['note 10:20 name', 'note 13:17 tcp-self'],
    })
  })

  it('local is the key local-ddns, which has to be made, from this machine only', () =>
    assert.deepEqual(bind('update-policy local;'), {
      rules: ['grant local-ddns+ip:127.0.0.0/8 subdomain @ ANY', 'grant local-ddns+ip:::1 subdomain @ ANY'],
      found: ['note 1:15 local'],
    }))

  it('leaves out grants by Kerberos and by programs, and refuses such denials', () => {
    assert.deepEqual(
      bind(
        'update-policy {\n grant R krb5-self . A;\n grant R ms-selfsub . A;\n grant x external * ;\n grant k zonesub;\n};',
      ),
      {
        rules: ['grant k zonesub'],
        found: ['left-out 2:10 krb5-self', 'left-out 3:10 ms-selfsub', 'left-out 4:10 external'],
      },
    )
    assert.deepEqual(bind('update-policy { deny R ms-self . A; grant k zonesub; };').found, [
      'refused 1:24 ms-self',
    ])
  })

  it('is refused at the word that is wrong', () => {
    const cases: [string, string][] = [
      ['update-policy { permit k zonesub; };', '1:17 permit'],
      ['update-policy { grant k nearby x; };', '1:25 nearby'],
      ['update-policy { grant k name example.com. BOGUS; };', '1:43 BOGUS'],
      ['update-policy { grant k subdomain; };', '1:25 subdomain'],
      ['update-policy {\n grant k zonesub;\n', '1:15 {'],
      ['update-policy { grant k zonesub };', '1:17 grant'],
      ['update-policy { grant "k zonesub; };', '1:23 "'],
      ['allow-update { any; }; update-policy local;', '1:24 update-policy'],
      ['zone "other.example" { allow-update { any; }; };', '1:1 zone'],
      ['type primary;', '1:1 '],
    ]
    for (const [text, where] of cases) assert.deepEqual(bind(text).found, [`refused ${where}`], text)
  })

  it('of options holds where the zone has none', () =>
    assert.deepEqual(bind('options { allow-update { key k; }; }; zone "example.com" { type primary; };'), {
      rules: ['grant k zonesub ANY'],
      found: ['note 1:11 allow-update'],
    }))
})

describe("Knot's acl", () => {
  it('is taken with keys, addresses, owners and types', () => {
    const text = `
key:
  - id: dhcp.
    algorithm: hmac-sha256
    secret: c2VjcmV0c2VjcmV0c2VjcmV0
acl:
  - id: dhcp
    address: [10.0.0.0/8, 2001:db8::/32]
    key: dhcp.
    action: [transfer, update]
    update-owner: name
    update-owner-name: [dyn, "@", host.example.com.]
    update-type: [A, aaaa]
  - id: office
    address: 192.0.2.0/24
    action: update
  - id: owners
    key: [one, two]
    action: update
    update-owner: key
    update-owner-match: equal
  - id: below
    key: three
    action: update
    update-owner: zone
    update-owner-match: sub
  - id: readers
    action: transfer
zone:
  - domain: example.com
    acl: [dhcp, readers, office, owners, below]
`
    assert.deepEqual(knot(text), {
      rules: [
        'grant dhcp+ip:10.0.0.0/8 subdomain dyn.example.com. A AAAA',
        'grant dhcp+ip:10.0.0.0/8 subdomain example.com. A AAAA',
        'grant dhcp+ip:10.0.0.0/8 subdomain host.example.com. A AAAA',
        'grant dhcp+ip:2001:db8::/32 subdomain dyn.example.com. A AAAA',
        'grant dhcp+ip:2001:db8::/32 subdomain example.com. A AAAA',
        'grant dhcp+ip:2001:db8::/32 subdomain host.example.com. A AAAA',
        'grant ip:192.0.2.0/24 zonesub ANY',
        'grant one self ANY',
        'grant two self ANY',
        'grant three wildcard *.example.com. ANY',
      ],
      found: ['note 1:1 '],
    })
  })

  it('without key and address is for everybody who does not sign, and a denial for all', () => {
    const acl = (more: string) => knot(`acl:\n  - id: a\n    action: update\n${more}`).rules
    assert.deepEqual(acl(''), ['grant ip:0.0.0.0/0 zonesub ANY', 'grant ip:::/0 zonesub ANY'])
    assert.deepEqual(acl('    deny: on\n'), ['deny * zonesub ANY'])
    assert.deepEqual(acl('    deny: on\n    address: 10.0.0.1\n'), ['deny *+ip:10.0.0.1 zonesub ANY'])
  })

  it('names remotes, and comes from the template where the zone has none', () =>
    assert.deepEqual(
      knot(`
remote:
  - {id: r, address: 192.0.2.1@53, key: k}
acl:
  - {id: a, remote: r, action: update}
template:
  - {id: default, acl: a}
zone:
  - domain: example.com.`),
      { rules: ['grant k+ip:192.0.2.1 zonesub ANY'], found: [] },
    ))

  it('says at which word it cannot be carried over', () => {
    const found = (fields: string) => knot(`acl:\n  - id: a\n    action: update\n${fields}`).found
    assert.deepEqual(found('    address: 10.0.0.1-10.0.0.9\n'), ['left-out 4:14 10.0.0.1-10.0.0.9'])
    assert.deepEqual(found('    protocol: tls\n'), ['left-out 4:15 tls'])
    assert.deepEqual(found('    deny: on\n    protocol: tls\n'), ['refused 5:15 tls'])
    assert.deepEqual(found('    update-type: [A, BOGUS]\n'), ['refused 4:22 BOGUS', 'note 1:1 '])
    assert.deepEqual(found('    update-owner-match: pattern\n    update-owner: zone\n'), ['left-out 2:5 a'])
    assert.deepEqual(knot('acl:\n  - id: a\n   action: [').found.length, 1)
    assert.deepEqual(knot('zone:\n  - domain: x\n').found, ['refused 1:1 '])
  })
})
