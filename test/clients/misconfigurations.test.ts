import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { reasonOf } from '../../shared/reasons.ts'
import { runCli } from '../cli/run-cli.ts'
import {
  type ClientKey,
  type ClientSystem,
  createClientKey,
  keyFiles,
  startClientSystem,
} from '../support/client-system.ts'
import { dig, headerOf } from '../support/dig.ts'
import { python } from '../support/python.ts'
import { until } from '../support/until.ts'

// What operators set up wrongly, the message that the client then sends, and the hint that names the fix. Every case was reported
// to one of the servers of this kind as "REFUSED, and nobody can tell why".

type Answer = {
  rcode: string
  signed: string
  edns: boolean
  extended: { code: number; text: string }[]
  octets: number
}

interface Case {
  /** What the operator, or whoever set up the client, did. */
  readonly did: string
  readonly zone?: string
  readonly key?: () => ClientKey
  readonly clock?: number
  readonly zoneClass?: string
  readonly twice?: boolean
  readonly transport?: 'tcp'
  readonly ops: readonly (readonly string[])[]
  readonly require?: readonly (readonly string[])[]
  readonly answer: string
  readonly reason: string
  /** Of the sentence for the operator: in the event, or in the audit of refusals. */
  readonly hint: RegExp
  /** What the client is told besides the words of the reason. */
  readonly told?: string
}

const KEYS = [
  'dhcp',
  'laptop',
  'acme',
  'star',
  'office',
  'all',
  'limited',
  'idle',
  'revoked',
  'expired',
  'rotated',
] as const
type KeyName = (typeof KEYS)[number]

const RULES = [
  'deny dhcp name protected.dyn ANY',
  'grant dhcp subdomain dyn A AAAA',
  'grant dhcp name protected.dyn A',
  'grant laptop name laptop A AAAA',
  'grant acme name _acme-challenge TXT(2)',
  'grant star wildcard * A',
  'grant office+ip:192.0.2.0/24 zonesub ANY',
  'grant all zonesub',
  'grant limited subdomain own A AAAA self-address',
  'grant acme name www TXT',
]

const ZONE_FILE = `$TTL 300
@ SOA ns1 host 1 3600 600 86400 60
@ NS ns1
ns1 A 192.0.2.53
www A 192.0.2.80
www TXT "keep"
mixed.dyn A 10.0.0.1
mixed.dyn TXT "of others"
_acme-challenge TXT "one"
_acme-challenge TXT "two"
many A 192.0.2.1
many A 192.0.2.2
own A 198.51.100.1
own A 127.0.0.1
`

let clients: ClientSystem
const keys = {} as Record<KeyName, ClientKey>
const key =
  (name: KeyName, more: Partial<ClientKey> = {}) =>
  () => ({ ...keys[name], ...more })
const add = (name: string, type = 'A', value = '192.0.2.1') => ['add', `${name}.`, '60', type, value]

const CASES: readonly Case[] = [
  {
    did: 'gave a host name as the zone',
    zone: 'www.example.com',
    key: key('all'),
    ops: [add('www.example.com')],
    answer: 'NOTAUTH',
    reason: 'unknown-zone',
    hint: /^www\.example\.com\. is not a zone but a name in the zone example\.com\.: the client must name example\.com\. as the zone/,
    told: '; try example.com.',
  },
  {
    did: 'let the client guess the zone by cutting one label too many (cert-manager#5650)',
    zone: 'com',
    key: key('all'),
    ops: [add('www.example.com')],
    answer: 'NOTAUTH',
    reason: 'unknown-zone',
    hint: /example\.com\. below it is: the client must name the zone that holds the record/,
  },
  {
    did: 'misspelt the zone',
    zone: 'exmaple.com',
    key: key('all'),
    ops: [add('www.exmaple.com')],
    answer: 'NOTAUTH',
    reason: 'unknown-zone',
    hint: /did the client mean example\.com\.\?/,
  },
  {
    did: 'left out the final dot, so that the client completed the zone with itself',
    zone: 'example.com.example.com',
    key: key('all'),
    ops: [add('www.example.com.example.com')],
    answer: 'NOTAUTH',
    reason: 'unknown-zone',
    hint: /completed with the zone twice.*must name example\.com\./,
    told: '; try example.com.',
  },
  {
    did: 'sends to the zone "." because no zone matched (external-dns#2154)',
    zone: '.',
    key: key('all'),
    ops: [add('www.example.com')],
    answer: 'NOTAUTH',
    reason: 'unknown-zone',
    hint: /^\. is not a zone of this server/,
  },
  {
    did: 'gave another class than IN',
    zoneClass: 'CH',
    key: key('all'),
    ops: [],
    answer: 'NOTAUTH',
    reason: 'not-authoritative',
    hint: /class/,
  },
  {
    did: 'misspelt the name of the key',
    key: () => ({ ...keys.laptop, name: 'lapptop' }),
    ops: [add('laptop.example.com')],
    answer: 'NOTAUTH',
    reason: 'tsig-badkey',
    hint: /there is no key lapptop\.; did the client mean laptop\.\?/,
  },
  {
    did: 'chose another algorithm for the key',
    key: key('laptop', { algorithm: 'hmac-sha512' }),
    ops: [add('laptop.example.com')],
    answer: 'NOTAUTH',
    reason: 'tsig-badkey',
    hint: /the key laptop\. is hmac-sha256, but the client signed with hmac-sha512/,
  },
  {
    did: "left the algorithm to the client's default, hmac-md5",
    key: key('star', { algorithm: 'hmac-md5.sig-alg.reg.int' }),
    ops: [add('www.example.com')],
    answer: 'NOTAUTH',
    reason: 'tsig-badkey',
    hint: /the key star\. is hmac-sha256, but the client signed with hmac-md5/,
  },
  {
    did: 'copied the secret wrongly',
    key: key('laptop', { secret: Buffer.alloc(32, 1).toString('base64') }),
    ops: [add('laptop.example.com')],
    answer: 'NOTAUTH',
    reason: 'tsig-badsig',
    hint: /not one by the secret of the key laptop\.: the client has another secret/,
  },
  {
    did: 'has a clock that is slow',
    key: key('dhcp'),
    clock: -1_000,
    ops: [add('a.dyn.example.com')],
    answer: 'NOTAUTH',
    reason: 'tsig-badtime',
    hint: /the client's clock is (?:999|100[0-9]) s behind ours; its signature allows 300 s/,
  },
  {
    did: 'has a clock that is fast',
    key: key('office'),
    clock: 4_000,
    ops: [add('a.dyn.example.com')],
    answer: 'NOTAUTH',
    reason: 'tsig-badtime',
    hint: /the client's clock is (?:399[0-9]|4000) s ahead of ours/,
  },
  {
    did: 'uses a key that was revoked',
    key: key('revoked'),
    ops: [add('www.example.com')],
    answer: 'NOTAUTH',
    reason: 'tsig-badkey',
    hint: /the key was revoked \d{4}-.* UTC: give the client another key/,
  },
  {
    did: 'uses a key that has expired',
    key: key('expired'),
    ops: [add('www.example.com')],
    answer: 'NOTAUTH',
    reason: 'tsig-badkey',
    hint: /the key was expired \d{4}-.* UTC: give the client another key/,
  },
  {
    did: 'rotated the key and forgot a client',
    key: key('rotated'),
    ops: [add('www.example.com')],
    answer: 'NOTAUTH',
    reason: 'tsig-badsig',
    hint: /an older secret of the key was expired \d{4}-.* UTC: the client may still have that one/,
  },
  {
    did: 'sends unsigned where a key is asked for (terraform-provider-dns#217)',
    ops: [add('laptop.example.com')],
    answer: 'REFUSED',
    reason: 'not-admitted',
    hint: /no rule of 10 matched; the nearest was rule \d+ '.*', which fails because it asks for a signature by/,
  },
  {
    did: 'made a key and no rule for it',
    key: key('idle'),
    ops: [add('www.example.com')],
    answer: 'REFUSED',
    reason: 'not-admitted',
    hint: /key idle\. from 127\.0\.0\.1 over udp: no rule of 10 matched/,
  },
  {
    did: 'tied the key to an address that the client has not',
    key: key('office'),
    ops: [add('www.example.com')],
    answer: 'REFUSED',
    reason: 'not-admitted',
    hint: /rule 7 'grant office\+ip:192\.0\.2\.0\/24 subdomain @ ANY', which fails because 127\.0\.0\.1 is not in 192\.0\.2\.0\/24/,
  },
  {
    did: 'wrote *.zone where the apex was meant (Technitium#755, #1425, #1658, #1957)',
    key: key('star'),
    ops: [add('example.com')],
    answer: 'REFUSED',
    reason: 'not-permitted',
    hint: /rule 6 .* a wildcard is about names below example\.com\. only, so use subdomain/,
  },
  {
    did: 'granted a name, and the client updates one below it',
    key: key('laptop'),
    ops: [add('eth0.laptop.example.com')],
    answer: 'REFUSED',
    reason: 'not-permitted',
    hint: /rule 4 .* name is about that name alone, so use subdomain/,
  },
  {
    did: 'granted another name',
    key: key('laptop'),
    ops: [add('desktop.example.com')],
    answer: 'REFUSED',
    reason: 'not-permitted',
    hint: /rule 4 'grant laptop name laptop A AAAA', which fails because desktop\.example\.com\. is not laptop\.example\.com\./,
  },
  {
    did: 'let the client complete a full name with the zone',
    key: key('laptop'),
    ops: [add('laptop.example.com.example.com')],
    answer: 'REFUSED',
    reason: 'not-permitted',
    hint: /the name has the zone twice: did the client mean laptop\.example\.com\.\?/,
  },
  {
    did: 'did not grant the type',
    key: key('laptop'),
    ops: [add('laptop.example.com', 'TXT', '"x"')],
    answer: 'REFUSED',
    reason: 'not-permitted',
    hint: /rule 4 .* fails because it covers A AAAA, not TXT/,
  },
  {
    did: 'relied on a rule without types for NS',
    key: key('all'),
    ops: [add('sub.example.com', 'NS', 'ns.sub.example.com.')],
    answer: 'REFUSED',
    reason: 'not-permitted',
    hint: /rule 8 'grant all zonesub', which fails because without types it does not cover NS; name NS in it/,
  },
  {
    did: 'relied on a rule without types for the SOA',
    key: key('all'),
    ops: [add('example.com', 'SOA', 'ns1.example.com. host.example.com. 9 3600 600 86400 60')],
    answer: 'REFUSED',
    reason: 'not-permitted',
    hint: /without types it does not cover SOA; name SOA in it/,
  },
  {
    did: 'put a denial before the grant',
    key: key('dhcp'),
    ops: [add('protected.dyn.example.com')],
    answer: 'REFUSED',
    reason: 'denied',
    hint: /is denied by rule 1 '.*'; rule 2 'grant dhcp subdomain dyn A AAAA' would grant it, but stands behind it/,
  },
  {
    did: 'allowed two challenges, and old ones were never removed',
    key: key('acme'),
    ops: [add('_acme-challenge.example.com', 'TXT', '"three"')],
    answer: 'REFUSED',
    reason: 'rule-limit',
    hint: /_acme-challenge\.example\.com\. TXT would have 3 records; the rule '.*TXT\(2\)' allows 2/,
  },
  {
    did: "lets a client that may change A and AAAA delete everything at its name (Samba's net ads dns)",
    key: key('dhcp'),
    ops: [['delete', 'mixed.dyn.example.com.'], add('mixed.dyn.example.com', 'A', '10.0.0.2')],
    answer: 'REFUSED',
    reason: 'not-permitted',
    hint: /delete mixed\.dyn\.example\.com\. TXT .*; the update deletes all there is at the name, TXT with it: let it delete by type, or grant that as well/,
  },
  {
    did: 'lets a client that may set its own address only delete the whole RRset',
    key: key('limited'),
    ops: [['delete', 'own.example.com.', 'A'], add('own.example.com', 'A', '127.0.0.1')],
    answer: 'REFUSED',
    reason: 'not-permitted',
    hint: /delete own\.example\.com\. A .* fails because the address is not the sender's own, 127\.0\.0\.1/,
  },
  {
    did: 'is behind NAT, and sends an address that is not the one it comes from',
    key: key('limited'),
    ops: [add('own.example.com', 'A', '10.1.2.3')],
    answer: 'REFUSED',
    reason: 'not-permitted',
    hint: /rule 9 .* fails because the address is not the sender's own, 127\.0\.0\.1/,
  },
  {
    did: 'updates a name of another zone',
    key: key('all'),
    ops: [add('www.example.net')],
    answer: 'NOTZONE',
    reason: 'not-in-zone',
    hint: /update www\.example\.net\. A lies outside example\.com\./,
  },
  {
    did: 'expects a name to be free that is not (a DHCP client of another family)',
    key: key('all'),
    require: [['nx', 'www.example.com.']],
    ops: [add('www.example.com')],
    answer: 'YXDOMAIN',
    reason: 'prerequisite',
    hint: /www\.example\.com\. is in use/,
  },
  {
    did: 'expects its own record to be there still',
    key: key('all'),
    require: [['yx', 'gone.example.com.', 'DHCID']],
    ops: [add('gone.example.com')],
    answer: 'NXRRSET',
    reason: 'prerequisite',
    hint: /there is no gone\.example\.com\. DHCID/,
  },
  {
    did: 'fails over and signs what it has signed already (external-dns#6733)',
    key: key('all'),
    twice: true,
    ops: [add('www.example.com')],
    answer: 'FORMERR',
    reason: 'malformed',
    hint: /TSIG is not the last record/,
  },
  {
    did: 'sends over UDP what a rule by address takes over TCP only',
    zone: '127.in-addr.arpa',
    ops: [add('1.0.0.127.in-addr.arpa', 'PTR', 'host.example.com.')],
    answer: 'REFUSED',
    reason: 'not-admitted',
    hint: /rule 1 'grant \* tcp-self PTR', which fails because it is for TCP, and this came over udp/,
  },
  {
    did: 'fills an RRset beyond the limit of its zone',
    zone: 'small.example',
    ops: [add('www.small.example', 'A', '192.0.2.1'), add('www.small.example', 'A', '192.0.2.2')],
    answer: 'REFUSED',
    reason: 'limit',
    hint: /www\.small\.example\. A would have 2 records; an RRset may have 1 \(the zone's setting max-records-per-rrset\)/,
  },
]

/** These only look wrong. */
const FINE: readonly Pick<Case, 'did' | 'key' | 'ops' | 'zone' | 'transport'>[] = [
  {
    did: 'wrote the name of the key in capitals',
    key: key('laptop', { name: 'LapTop' }),
    ops: [add('laptop.example.com')],
  },
  {
    did: 'wrote the name of the key with its final dot',
    key: key('laptop', { name: 'laptop.' }),
    ops: [add('laptop.example.com', 'AAAA', '2001:db8::1')],
  },
  {
    did: 'wrote the zone in capitals',
    zone: 'EXAMPLE.COM',
    key: key('dhcp'),
    ops: [add('b.dyn.example.com')],
  },
  {
    did: 'sends over TCP what a rule by address grants',
    zone: '127.in-addr.arpa',
    transport: 'tcp',
    ops: [add('1.0.0.127.in-addr.arpa', 'PTR', 'host.example.com.')],
  },
]

/** What the operator finds by what a client was told. */
interface Found {
  readonly reason: string
  readonly detail: string
  readonly wanted: readonly { rule: string; at?: number; from?: number }[]
}

let answers: Answer[]
let found: Found[]

before(async () => {
  clients = await startClientSystem()
  const { api } = clients
  for (const name of KEYS) keys[name] = await createClientKey(api, name)
  await api.createZone('example.com', { file: ZONE_FILE })
  await api.createZone('127.in-addr.arpa')
  await api.createZone('small.example', { allowUpdate: ['127.0.0.0/8'] })
  await change('PUT', '/v1/zones/example.com/rules', { rules: RULES })
  await change('PUT', '/v1/zones/127.in-addr.arpa/rules', { rules: ['grant * tcp-self PTR'] })
  await change('PATCH', '/v1/zones/small.example', { settings: { maxRecordsPerRrset: 1 } })
  await api.post('/v1/keys/revoked/revoke', {})
  await api.post('/v1/keys/rotated/rotate', { overlapSeconds: 0 })
  const last = { zone: 'example.com', key: keys.expired, ops: [] }
  const rcode = async () => (await ask([last]))[0]!.rcode
  await until('the edge knows the zone and the key', async () => (await rcode()) !== 'NOTAUTH')
  await change('PATCH', '/v1/keys/expired', { expiresAt: new Date(Date.now() + 3_000).toISOString() })
  await until('and that the key has expired', async () => (await rcode()) === 'NOTAUTH')
  answers = await ask(CASES.map(asSent))
  // one after another: thirty that wait at once ask more often than the API allows one token
  found = []
  for (const answer of answers) found.push(await lookUp(answer))
})
after(() => clients?.system.close())

async function change(method: 'PUT' | 'PATCH', path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await clients.api.fetch(path, { method, headers, body: JSON.stringify(body) })
  assert.ok(answer.ok, `${method} ${path}: ${await answer.text()}`)
}

function asSent({ key: keyOf, zone = 'example.com', ...sent }: Pick<Case, 'key' | 'zone' | 'ops'>): object {
  return { ...sent, zone, ...(keyOf === undefined ? {} : { key: keyOf() }) }
}

async function ask(cases: readonly object[]): Promise<Answer[]> {
  return await python<Answer[]>('refused.py', { ...clients.server, cases })
}

const told = ({ extended: [error] }: Answer) => error?.text ?? ''

async function lookUp(answer: Answer): Promise<Found> {
  const [, ref, zone, seq] =
    /\((?:ref (\w+)|(\S+)#(\d+))\)$/.exec(told(answer)) ?? assert.fail(`told nothing: ${told(answer)}`)
  if (ref !== undefined) return await auditOf(ref)
  const path = `/v1/zones/${zone}/events/${seq}`
  const { reason, detail } = await clients.api.get(path)
  const { wanted, recorded } = await clients.api.get(`${path}/explanation`)
  assert.equal(recorded.detail, detail)
  return { reason, detail, wanted }
}

async function auditOf(ref: string): Promise<Found> {
  let rows: Found[] = []
  await until(`the refusal ${ref} is reported`, async () => {
    rows = (await clients.api.get(`/v1/refusals?auditId=${ref}`)).refusals
    return rows.length > 0
  })
  return { ...rows[0]!, wanted: [] }
}

describe('known misconfigurations', () => {
  it('are at least thirty', () => assert.ok(CASES.length + FINE.length >= 30))

  for (const [index, { did, answer, reason, hint, told: more = '', key: signer }] of CASES.entries())
    it(`somebody ${did}: ${answer}, and the operator reads what to do`, () => {
      assert.equal(answers[index]!.rcode, answer, JSON.stringify(found[index]))
      assert.equal(found[index]!.reason, reason)
      assert.match(found[index]!.detail, hint)
      const { extendedError: code, told: words } = reasonOf(reason)!
      assert.equal(answers[index]!.extended.length, 1)
      assert.equal(answers[index]!.extended[0]!.code, code)
      assert.ok(told(answers[index]!).startsWith(`${words}${more} (`), told(answers[index]!))
      const isUnsigned = signer === undefined || answer === 'FORMERR'
      if (!reason.startsWith('tsig-')) assert.equal(answers[index]!.signed, isUnsigned ? 'not' : 'rightly')
    })

  it('that only look wrong are accepted, without an extended error', async () => {
    for (const answer of await ask(FINE.map(asSent)))
      assert.deepEqual([answer.rcode, answer.extended], ['NOERROR', []])
  })

  it('give strangers neither keys nor rules nor contents', () => {
    for (const answer of answers) {
      const words = told(answer)
        .replace(/ \(.*\)$/, '')
        .replace(/; try example\.com\.$/, '')
      assert.doesNotMatch(words, new RegExp(`${KEYS.join('|')}|grant|deny|192\\.|example|rule `), words)
      assert.ok(Buffer.byteLength(told(answer)) <= 64)
      assert.ok(answer.octets <= 512)
    }
  })

  it('are told nothing more than the rcode where the request had no EDNS (RFC 6891 §6.1.1)', async () => {
    const without = await ask(CASES.map((each) => ({ ...asSent(each), edns: false })))
    assert.deepEqual(
      without.map(({ rcode, edns, extended }) => [rcode, edns, extended]),
      CASES.map(({ answer }) => [answer, false, []]),
    )
  })

  it('that rules refused are mended by the rules that the explanation wants', async () => {
    const mendable = CASES.filter((_, index) => found[index]!.wanted.length > 0)
    assert.ok(mendable.length >= 10, String(mendable.length))
    for (const [index, each] of CASES.entries()) {
      const { wanted, reason } = found[index]!
      assert.equal(wanted.length > 0, ['not-permitted', 'denied', 'rule-limit'].includes(reason), each.did)
      if (wanted.length === 0) continue
      const rules = wanted.reduce((list, { rule, at, from }) => {
        const without = from === undefined ? list : list.toSpliced(from - 1, 1)
        return without.toSpliced((at ?? without.length + 1) - 1, 0, rule)
      }, RULES)
      await change('PUT', '/v1/zones/example.com/rules', { rules })
      assert.equal((await ask([asSent(each)]))[0]!.rcode, 'NOERROR', `${each.did}: ${JSON.stringify(wanted)}`)
      await change('PUT', '/v1/zones/example.com/rules', { rules: RULES })
    }
  })

  it('are counted by reason', async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${clients.edge.httpPort}/metrics`)).text()
    for (const reason of new Set(
      CASES.filter((_, index) => told(answers[index]!).includes('(ref ')).map((each) => each.reason),
    ))
      assert.match(metrics, new RegExp(`zonelog_edge_refusals_total\\{reason="${reason}"\\} [1-9]`))
  })
})

describe('zonelog refusals', () => {
  const run = async (...more: string[]) => {
    const environment = { ZONELOG_API_URL: clients.api.url, ZONELOG_API_TOKEN: clients.api.token }
    const result = await runCli(['refusals', ...more], environment)
    assert.equal(result.status, 0, result.err)
    return result
  }

  it('shows what was refused, how often, what was wrong and what to do', async () => {
    const { out } = await run('--reason', 'tsig-badkey', '--since', '1h')
    assert.match(
      out,
      /tsig-badkey +NOTAUTH +127\.0\.0\.1 +lapptop\. +example\.com\. .*\n +! there is no key lapptop\.; did the client mean laptop\.\?\n/,
    )
    assert.match(out, /\n {6}compare name and algorithm with `zonelog key list`/)
    assert.doesNotMatch(out, /unknown-zone/)
  })

  it('finds what a client was told', async () => {
    const [, ref] = /ref (\w+)/.exec(told(answers[1]!))!
    const { out } = await run('--ref', ref!, '--json')
    assert.deepEqual(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).zone),
      ['com.'],
    )
    assert.match((await run('--zone', 'nothing.example')).err, /Nothing of the sort was refused/)
  })
})

describe('dig shows why', () => {
  it('an update was refused', async () => {
    const output = await dig(clients.server, '+opcode=UPDATE', '+noall', '+comments', 'example.com', 'SOA')
    assert.match(output, /^; EDE: 18 \(Prohibited\): \(not permitted \(ref [0-9a-f]{10}\)\)$/m)
  })

  it('an update signed by a key that is not known was refused', async () => {
    const { file } = await keyFiles({ ...keys.laptop, name: 'stranger' })
    const output = await dig(clients.server, '+opcode=UPDATE', '-k', file, 'example.com', 'SOA')
    assert.equal(headerOf(output).status, 'NOTAUTH')
    assert.match(output, /^; EDE: 18 \(Prohibited\): \(key not accepted \(ref [0-9a-f]{10}\)\)$/m)
  })

  it('a query with a bad signature was refused, and that is counted and audited as well', async () => {
    const { file } = await keyFiles({ ...keys.laptop, name: 'nobody-at-all' })
    const output = await dig(clients.server, '-k', file, 'www.example.com', 'A')
    const ref = /key not accepted \(ref (\w+)\)/.exec(output)?.[1]
    assert.match((await auditOf(ref ?? assert.fail(output))).detail, /there is no key nobody-at-all\./)
  })
})
