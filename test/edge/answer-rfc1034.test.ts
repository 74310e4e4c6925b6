import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AskOptions, ask, SOA, zoneWith } from './answer-support.ts'

const zone = zoneWith(`
  www          A      192.0.2.1
  www          A      192.0.2.2
  www          AAAA   2001:db8::1
  WwW2         TXT    "case"
  mail         MX     10 www
  mail         MX     20 elsewhere.example.net.
  @            MX     10 www
  _sip._tcp    SRV    0 0 5060 www
  odd          TYPE65280 \\# 3 010203
  alias        CNAME  www
  chain        CNAME  alias
  loop1        CNAME  loop2
  loop2        CNAME  loop1
  self         CNAME  self
  out          CNAME  www.example.net.
  broken       CNAME  nothing-there
  nodata       CNAME  mail
  todelegated  CNAME  host.sub
  sub          NS     ns.sub
  sub          NS     ns1
  sub          NS     ns.example.net.
  sub          DS     1 8 2 0000000000000000000000000000000000000000000000000000000000000000
  ns.sub       A      192.0.2.54
  ns.sub       AAAA   2001:db8::54
  host.sub     A      192.0.2.55
  nods         NS     ns.example.net.
  a.b.c        A      192.0.2.9
`)

async function answers(question: string, options?: AskOptions) {
  const { status, answer, authority, additional } = await ask(zone, question, options)
  return { status, answer: answer.sort(), authority: authority.sort(), additional: additional.sort() }
}

const NOTHING = { answer: [], authority: [], additional: [] }
const REFERRAL = {
  authority: [
    'sub.example.com. 300 IN NS ns.example.net.',
    'sub.example.com. 300 IN NS ns.sub.example.com.',
    'sub.example.com. 300 IN NS ns1.example.com.',
  ],
  additional: [
    'ns.sub.example.com. 300 IN A 192.0.2.54',
    'ns.sub.example.com. 300 IN AAAA 2001:db8::54',
    'ns1.example.com. 3600 IN A 192.0.2.53',
  ],
}

describe('RFC 1034 §4.3.2 step 3a: the whole name matches', () => {
  it('gives the set of the type asked for', async () =>
    assert.deepEqual(await answers('www.example.com. A'), {
      ...NOTHING,
      status: 'NOERROR aa',
      answer: ['www.example.com. 300 IN A 192.0.2.1', 'www.example.com. 300 IN A 192.0.2.2'],
    }))
  it('gives a type that nobody has a name for', async () =>
    assert.deepEqual((await answers('odd.example.com. TYPE65280')).answer, [
      'odd.example.com. 300 IN TYPE65280 \\# 3 010203',
    ]))
  it('gives the SOA with its own TTL, and NS with addresses', async () => {
    assert.deepEqual((await answers('example.com. SOA')).answer, [SOA.replace(' 300 IN', ' 3600 IN')])
    assert.deepEqual(await answers('example.com. NS'), {
      ...NOTHING,
      status: 'NOERROR aa',
      answer: ['example.com. 3600 IN NS ns1.example.com.'],
      additional: ['ns1.example.com. 3600 IN A 192.0.2.53'],
    })
  })
  it('takes the question in any case, and gives the owner in the case it was stored in', async () =>
    assert.deepEqual((await answers('www2.EXAMPLE.com. TXT')).answer, [
      'WwW2.example.com. 300 IN TXT "case"',
    ]))
  it('adds addresses of hosts in the zone to MX and SRV', async () => {
    const addresses = [
      'www.example.com. 300 IN A 192.0.2.1',
      'www.example.com. 300 IN A 192.0.2.2',
      'www.example.com. 300 IN AAAA 2001:db8::1',
    ]
    assert.deepEqual((await answers('mail.example.com. MX')).additional, addresses)
    assert.deepEqual((await answers('_sip._tcp.example.com. SRV')).additional, addresses)
  })
})

describe('RFC 2181 §5.4.1: glue goes with referrals only', () => {
  it('not with SRV or MX', async () => {
    const pointing = zoneWith('mx MX 10 ns.sub\nsub NS ns.sub\nns.sub A 192.0.2.54')
    assert.deepEqual((await ask(pointing, 'mx.example.com. MX')).additional, [])
    assert.deepEqual((await ask(pointing, 'sub.example.com. A')).additional, [
      'ns.sub.example.com. 300 IN A 192.0.2.54',
    ])
  })
})

describe('RFC 1034 §4.3.2 step 3a: aliases', () => {
  it('follows a CNAME', async () =>
    assert.deepEqual(await answers('alias.example.com. AAAA'), {
      ...NOTHING,
      status: 'NOERROR aa',
      answer: [
        'alias.example.com. 300 IN CNAME www.example.com.',
        'www.example.com. 300 IN AAAA 2001:db8::1',
      ],
    }))
  it('follows a chain, in its order', async () =>
    assert.deepEqual((await ask(zone, 'chain.example.com. AAAA')).answer, [
      'chain.example.com. 300 IN CNAME alias.example.com.',
      'alias.example.com. 300 IN CNAME www.example.com.',
      'www.example.com. 300 IN AAAA 2001:db8::1',
    ]))
  it('does not follow for CNAME itself', async () =>
    assert.deepEqual((await answers('alias.example.com. CNAME')).answer, [
      'alias.example.com. 300 IN CNAME www.example.com.',
    ]))
  it('stops at a loop', async () => {
    assert.deepEqual((await answers('loop1.example.com. A')).answer.length, 2)
    assert.deepEqual((await answers('self.example.com. A')).answer.length, 1)
  })
  it('stops where the zone ends', async () =>
    assert.deepEqual(await answers('out.example.com. A'), {
      ...NOTHING,
      status: 'NOERROR aa',
      answer: ['out.example.com. 300 IN CNAME www.example.net.'],
    }))
  it('RFC 6604 §3: NXDOMAIN when the last name does not exist, with SOA', async () =>
    assert.deepEqual(await answers('broken.example.com. A'), {
      ...NOTHING,
      status: 'NXDOMAIN aa',
      answer: ['broken.example.com. 300 IN CNAME nothing-there.example.com.'],
      authority: [SOA],
    }))
  it('RFC 2308 §2.2: NOERROR with SOA when the last name lacks the type', async () =>
    assert.deepEqual(await answers('nodata.example.com. A'), {
      ...NOTHING,
      status: 'NOERROR aa',
      answer: ['nodata.example.com. 300 IN CNAME mail.example.com.'],
      authority: [SOA],
    }))
  it('refers on when it leads below a delegation; the alias itself is authoritative', async () =>
    assert.deepEqual(await answers('todelegated.example.com. A'), {
      ...REFERRAL,
      status: 'NOERROR aa',
      answer: ['todelegated.example.com. 300 IN CNAME host.sub.example.com.'],
    }))
})

describe('RFC 1034 §4.3.2 step 3b: delegations', () => {
  for (const question of [
    'sub.example.com. A',
    'sub.example.com. NS',
    'host.sub.example.com. A',
    'x.y.sub.example.com. TXT',
    'ns.sub.example.com. A',
    'host.sub.example.com. DS',
    'sub.example.com. ANY',
  ])
    it(`refers for ${question}, without authority, with glue`, async () =>
      assert.deepEqual(await answers(question), { ...REFERRAL, status: 'NOERROR', answer: [] }))
  it('RFC 4035 §3.1.4.1: DS of the delegated name is answered by the parent', async () => {
    assert.deepEqual((await answers('sub.example.com. DS')).answer.length, 1)
    assert.deepEqual(await answers('nods.example.com. DS'), {
      ...NOTHING,
      status: 'NOERROR aa',
      authority: [SOA],
    })
  })
  it('RFC 4035 §3.1.4.1: DS of our zone comes from the parent zone where that is ours too', async () => {
    const child = zoneWith('', 'nods.example.com.')
    const { status, authority } = await ask([zone, child], 'nods.example.com. DS')
    assert.deepEqual({ status, authority }, { status: 'NOERROR aa', authority: [SOA] })
  })
  it('answers from the zone with the longest name', async () => {
    const child = zoneWith('www A 192.0.2.77', 'sub.example.com.')
    assert.deepEqual((await ask([zone, child], 'www.sub.example.com. A')).answer, [
      'www.sub.example.com. 300 IN A 192.0.2.77',
    ])
  })
  it('RFC 9471 §3: truncates when glue below the cut does not fit, not when other addresses do not', async () => {
    const hosts = Array.from({ length: 18 }, (_, host) => host)
    const below = zoneWith(
      hosts
        .map(
          (host) => `cut NS host-with-a-long-name-${host}.cut\nhost-with-a-long-name-${host}.cut A 192.0.2.1`,
        )
        .join('\n'),
    )
    const beside = zoneWith(hosts.map((host) => `cut NS host-${host}\nhost-${host} A 192.0.2.1`).join('\n'))
    assert.equal((await ask(below, 'cut.example.com. A')).status, 'NOERROR tc')
    const fits = await ask(beside, 'cut.example.com. A')
    assert.equal(fits.status, 'NOERROR')
    assert.equal(fits.authority.length, 18)
    assert.equal(fits.additional.length, 0)
  })
})

describe('RFC 2308 §2: negative answers', () => {
  it('§2.1 NXDOMAIN with the SOA', async () =>
    assert.deepEqual(await answers('nothing.example.com. A'), {
      ...NOTHING,
      status: 'NXDOMAIN aa',
      authority: [SOA],
    }))
  it('§2.2 NODATA with the SOA', async () =>
    assert.deepEqual(await answers('www.example.com. TXT'), {
      ...NOTHING,
      status: 'NOERROR aa',
      authority: [SOA],
    }))
  it('§3 the TTL of the SOA is the smaller one of its own and MINIMUM', async () => {
    const apex = (ttl: number, minimum: number) =>
      `@ ${ttl} IN SOA ns1 hostmaster 7 3600 600 86400 ${minimum}\n@ NS ns1`
    const ttlOf = async (ttl: number, minimum: number) =>
      (await ask(zoneWith('', 'example.com.', apex(ttl, minimum)), 'x.example.com. A')).authority[0]!.split(
        ' ',
      )[1]
    assert.equal(await ttlOf(60, 3600), '60')
    assert.equal(await ttlOf(3600, 60), '60')
  })
  it('nsupdate finds the zone of any name: SOA is in the authority section, not to be remembered where the name is new', async () => {
    const forNow = [SOA.replace(' 300 IN', ' 0 IN')]
    assert.deepEqual(await answers('new.host.example.com. SOA'), {
      ...NOTHING,
      status: 'NXDOMAIN aa',
      authority: forNow,
    })
    assert.deepEqual(await answers('www.example.com. SOA'), {
      ...NOTHING,
      status: 'NOERROR aa',
      authority: [SOA],
    })
  })
})

describe('RFC 8020, RFC 4592 §2.2.2: empty non-terminals exist', () => {
  for (const name of ['b.c.example.com.', 'c.example.com.', '_tcp.example.com.'])
    it(`${name} is NODATA`, async () =>
      assert.deepEqual(await answers(`${name} A`), { ...NOTHING, status: 'NOERROR aa', authority: [SOA] }))
  it('a name beside one is NXDOMAIN', async () =>
    assert.equal((await answers('x.c.example.com. A')).status, 'NXDOMAIN aa'))
})

describe('RFC 8482 §4.1: ANY', () => {
  it('gets one set of the name over UDP', async () => {
    const { status, answer } = await answers('www.example.com. ANY')
    assert.equal(status, 'NOERROR aa')
    assert.deepEqual(new Set(answer.map((line) => line.split(' ')[3])).size, 1)
  })
  it('gets all of them over TCP', async () =>
    assert.deepEqual((await answers('www.example.com. ANY', { transport: 'tcp' })).answer.length, 3))
  it('is denied as any other type', async () => {
    assert.equal((await answers('nothing.example.com. ANY')).status, 'NXDOMAIN aa')
    assert.deepEqual(await answers('c.example.com. ANY'), {
      ...NOTHING,
      status: 'NOERROR aa',
      authority: [SOA],
    })
  })
  it('does not follow an alias', async () =>
    assert.deepEqual((await answers('alias.example.com. ANY')).answer, [
      'alias.example.com. 300 IN CNAME www.example.com.',
    ]))
})
