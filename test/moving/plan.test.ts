import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { planFromBind } from '../../cli/moving/bind/plan-bind.ts'
import { planFromKnot } from '../../cli/moving/knot/plan-knot.ts'
import type { MovePlan } from '../../cli/moving/plan.ts'
import { type Name, nameOf } from '../../shared/dns/name.ts'
import { temporaryFolder } from '../support/infrastructure.ts'

interface Wishes {
  readonly zones?: readonly string[]
  readonly view?: string
  readonly root?: string
}

async function written(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder('moving')
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

const options = ({ zones = [], view, root = '' }: Wishes) => ({
  zones: new Set<Name>(zones.map(nameOf)),
  view,
  root,
})

async function bind(text: string, wishes: Wishes = {}, more: Record<string, string> = {}) {
  const folder = await written({ 'named.conf': text, ...more })
  return told(await planFromBind(join(folder, 'named.conf'), options(wishes)), folder)
}

async function knot(text: string, wishes: Wishes = {}, more: Record<string, string> = {}) {
  const folder = await written({ 'knot.conf': text, ...more })
  return told(await planFromKnot(join(folder, 'knot.conf'), options(wishes)), folder)
}

/** What a plan holds, with places as `kind file:line word`. */
function told(plan: MovePlan, folder: string) {
  const zones = Object.fromEntries(plan.zones.map((zone) => [zone.name, zone]))
  const found = [plan.draft, ...plan.zones.map(({ draft }) => draft)]
    .flatMap(({ findings }) => findings)
    .map(({ kind, file = '', line, word }) => `${kind} ${file.replace(`${folder}/`, '')}:${line} ${word}`)
  return { plan, zones, found, folder }
}

const KEY = 'key "dhcp" { algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0c2VjcmV0"; };\n'

describe("BIND's named.conf", () => {
  it('gives zones with the files, rules, transfers and settings that hold for them', async () => {
    const { zones, found, plan, folder } = await bind(
      `${KEY}options { directory "zones"; allow-transfer { none; }; notify explicit; serial-update-method unixtime; };
server 192.0.2.8 { keys { dhcp; }; };
primaries others { 192.0.2.9; 2001:db8::9 port 5353; };
zone "a.example" {
  type master; file "a.db"; allow-update { key dhcp; };
  also-notify { 192.0.2.8; others; };
};
zone "b.example" IN { type primary; file "/var/b.db"; update-policy { grant dhcp zonesub A; };
  allow-transfer { key dhcp; 192.0.2.0/24; }; max-records 500; allow-query { any; }; };`,
      { root: '/copy' },
    )
    assert.deepEqual(found, [])
    assert.deepEqual(
      plan.keys.map(({ name, algorithm }) => [name, algorithm]),
      [['dhcp.', 'hmac-sha256']],
    )
    const { 'a.example.': a, 'b.example.': b } = zones
    assert.equal(a!.file, join(folder, 'zones/a.db'))
    assert.deepEqual(a!.draft.rules, ['grant dhcp zonesub ANY'])
    assert.deepEqual(a!.transfers, {
      allowTransfer: [],
      notify: ['dhcp+192.0.2.8', '192.0.2.9', '[2001:db8::9]:5353'],
      notifyMode: 'explicit',
    })
    assert.equal(b!.file, '/copy/var/b.db')
    assert.deepEqual(b!.draft.rules, ['grant dhcp zonesub A'])
    assert.deepEqual(b!.transfers.allowTransfer, ['dhcp', '192.0.2.0/24'])
    assert.deepEqual(b!.settings, { maxRecords: 500, serialPolicy: 'unixtime' })
  })

  it('is read through its includes, and each finding names its file', async () => {
    const { zones, found } = await bind(
      `options { allow-transfer { none; }; };\ninclude "local.conf";\ninclude "absent.conf";\n`,
      {},
      { 'local.conf': '\nzone "a.example" { type primary; file "a"; frobnicate yes; };\n' },
    )
    assert.deepEqual(Object.keys(zones), ['a.example.'])
    assert.deepEqual(found, ['left-out named.conf:3 absent.conf', 'left-out local.conf:2 frobnicate'])
  })

  const told: [string, string, string[]][] = [
    ['a broken file', 'zone "a" { type primary;', ['refused named.conf:1 {']],
    ['a statement that nobody knows', 'dlz x { database "y"; };', ['left-out named.conf:1 dlz']],
    ['a secondary', 'zone "a" { type secondary; file "a"; };', ['left-out named.conf:1 a']],
    ['the root of a resolver', 'zone "." { type hint; file "r"; };', ['note named.conf:1 .']],
    [
      'what every resolver has',
      'zone "127.in-addr.arpa" { type master; file "l"; };',
      ['note named.conf:1 127.in-addr.arpa'],
    ],
    [
      'the key of rndc',
      `${KEY}controls { inet * allow { any; } keys { dhcp; }; };`,
      ['note named.conf:1 dhcp'],
    ],
    ...(
      [
        ['signing', 'dnssec-policy default;', 'left-out', 'default'],
        ['queries for some only', 'allow-query { 10.0.0.0/8; };', 'left-out', 'allow-query'],
        ['a raw zone file', 'masterfile-format raw;', 'refused', 'raw'],
        ['names of Active Directory', 'update-policy { grant * ms-self . A; };', 'left-out', 'ms-self'],
        ['such a denial', 'update-policy { deny * ms-self . A; grant k zonesub; };', 'refused', 'ms-self'],
        [
          'an exception among who may transfer',
          'allow-transfer { !10.1.0.0/16; 10.0.0.0/8; };',
          'refused',
          'allow-transfer',
        ],
        ['NOTIFY over TLS', 'also-notify { 192.0.2.1 tls x; };', 'left-out', '192.0.2.1'],
      ] as const
    ).map(([title, clause, kind, word]): [string, string, string[]] => [
      title,
      `options { allow-transfer { none; }; };\nzone "a" { type primary; file "a";\n${clause} };`,
      [`${kind} named.conf:3 ${word}`],
    ]),
  ]
  for (const [title, text, expected] of told)
    it(`says where: ${title}`, async () => assert.deepEqual((await bind(text)).found, expected))

  it('says that BIND lets anybody transfer where nothing is written', async () => {
    const { found } = await bind('zone "a" { type primary; file "a"; };')
    assert.deepEqual(found, ['note named.conf:1 a'])
  })

  it('with a zone in two views wants to know which', async () => {
    const view = (name: string) =>
      `view ${name} { zone "a" { type primary; file "${name}.db"; allow-transfer { none; }; }; };\n`
    const text = view('inside') + view('outside')
    assert.deepEqual((await bind(text)).found, ['refused named.conf:2 a'])
    const chosen = await bind(text, { view: 'outside' })
    assert.deepEqual(chosen.found, [])
    assert.equal(chosen.zones['a.']!.file, join(chosen.folder, 'outside.db'))
    assert.deepEqual((await bind(text, { view: 'nobody' })).found, ['refused :1 nobody'])
  })

  it('gives only the zones that are asked for, and says which are missing', async () => {
    const text =
      'zone "a" { type primary; file "a"; allow-transfer { none; }; };\nzone "b" { type secondary; };'
    const { zones, found } = await bind(text, { zones: ['a.', 'c.'] })
    assert.deepEqual(Object.keys(zones), ['a.'])
    assert.deepEqual(found, ['refused :1 c.'])
  })
})

describe("Knot's configuration", () => {
  const HEAD = `key:
  - id: xfr
    algorithm: hmac-sha256
    secret: c2VjcmV0c2VjcmV0c2VjcmV0
remote:
  - id: second
    address: [192.0.2.8@5353, "2001:db8::8@53"]
    key: xfr
acl:
  - id: out
    remote: second
    action: transfer
  - id: ddns
    key: xfr
    action: update
    update-type: [A, AAAA]
template:
  - id: default
    storage: /var/zones
    acl: [out]
    notify: second
    serial-policy: dateserial
`
  it('gives zones with what their templates say', async () => {
    const { zones, found } = await knot(
      `${HEAD}zone:\n  - domain: a.example\n  - domain: b.example\n    file: "%s.db"\n    acl: ddns\n    notify: []\n    storage: zones\n`,
      { root: '/copy' },
    )
    assert.deepEqual(found, [])
    const { 'a.example.': a, 'b.example.': b } = zones
    assert.equal(a!.file, '/copy/var/zones/a.example.zone')
    assert.deepEqual(a!.draft.rules, [])
    assert.deepEqual(a!.transfers, {
      allowTransfer: ['xfr+ip:192.0.2.8', 'xfr+ip:2001:db8::8'],
      notify: ['xfr+192.0.2.8:5353'],
      notifyMode: 'explicit',
    })
    assert.deepEqual(a!.settings, { serialPolicy: 'date' })
    assert.deepEqual(b!.draft.rules, ['grant xfr zonesub A AAAA'])
    assert.deepEqual(b!.transfers.notify, [])
    assert.equal(b!.file, '/copy/zones/b.example.db')
  })

  const told: [string, string, string[]][] = [
    ['no YAML', 'zone: [', ['refused knot.conf:1 ']],
    ['a secondary', 'zone:\n  - domain: a\n    master: x\n', ['left-out knot.conf:2 a']],
    ['signing', 'zone:\n  - domain: a\n    dnssec-signing: on\n', ['left-out knot.conf:3 on']],
    ['no signing', 'zone:\n  - domain: a\n    dnssec-signing: off\n', []],
    ['a module', 'zone:\n  - domain: a\n    module: mod-rrl/x\n', ['left-out knot.conf:3 mod-rrl/x']],
    ['an unknown field', 'zone:\n  - domain: a\n    colour: red\n', ['left-out knot.conf:3 red']],
    ['an acl that is not there', 'zone:\n  - domain: a\n    acl: b\n', ['refused knot.conf:3 b']],
    ['a remote that is not there', 'zone:\n  - domain: a\n    notify: b\n', ['refused knot.conf:3 b']],
    ['what is included', 'include: more.conf\n', ['left-out more.conf:2 a']],
  ]
  for (const [title, text, expected] of told)
    it(`says where: ${title}`, async () =>
      assert.deepEqual(
        (await knot(text, {}, { 'more.conf': 'zone:\n  - domain: a\n    master: x\n' })).found,
        expected,
      ))
})
