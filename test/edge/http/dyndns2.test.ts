import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { nsupdate } from '../../support/nsupdate.ts'
import { until } from '../../support/until.ts'
import { HttpSystem } from './http-system.ts'

// The words of the dyndns2 protocol, each with a status that tells the same.

let http: HttpSystem
let token: string
before(async () => {
  http = await HttpSystem.start(
    ['home.example', 'second.example', 'closed.example'],
    ['grant customers zonesub A AAAA', 'grant ip:127.0.0.0/8 zonesub'],
    // so long an outcome is waited for, which one test does
    { ZONELOG_COMMAND_TTL_MS: '2000' },
  )
  await http.api.delete('/v1/zones/closed.example/rules/1')
  await http.api.delete('/v1/zones/closed.example/rules/1')
  token = await http.token('router', 'own.home.example', 'own.second.example')
})
after(() => http?.close())

const as = () => `customers:${http.secret}`
const update = async (query: string, ask: Parameters<HttpSystem['ask']>[1] = {}) => {
  const { status, body } = await http.ask(`/nic/update?${query}`, { as: as(), ...ask })
  return `${status} ${body.trimEnd()}`
}
const byDns = async (lines: string) => {
  const server = { host: '127.0.0.1', port: http.edge.port }
  const { status, output } = await nsupdate(server, `zone home.example\n${lines}`)
  assert.equal(status, 0, output)
}
const serial = async (zone = 'home.example') => (await http.events(zone))[0]!.serialAfter

describe('dyndns2: who asks', () => {
  it('is a key by its name and its secret, whatever the case and the final dot', async () => {
    for (const user of ['customers', 'CUSTOMERS', 'customers.'])
      assert.match(
        await update('hostname=who.home.example&myip=192.0.2.1', { as: `${user}:${http.secret}` }),
        /^200 (good|nochg) 192\.0\.2\.1$/,
      )
  })

  it('is told badauth with 401, and how to authenticate, without credentials and with wrong ones', async () => {
    const none = await http.ask('/nic/update?hostname=who.home.example', { from: '192.0.2.77' })
    assert.equal(`${none.status} ${none.body}`, '401 badauth\n')
    assert.match(String(none.headers['www-authenticate']), /^Basic realm=/)
    for (const wrong of [`nobody:${http.secret}`, 'customers:wrong', 'customers:', ':'])
      assert.equal(
        await update('hostname=who.home.example', { as: wrong, from: '192.0.2.77' }),
        '401 badauth',
      )
  })

  it('may stand in the parameters, as old clients write it', async () => {
    const { status } = await http.ask(
      `/nic/update?hostname=who.home.example&myip=192.0.2.1&username=customers&password=${http.secret}`,
    )
    assert.equal(status, 200)
  })

  it('is an update token as password, for its names only, and the log says which', async () => {
    assert.equal(
      await update('hostname=own.home.example&myip=192.0.2.5', { as: `any:${token}` }),
      '200 good 192.0.2.5',
    )
    assert.equal(
      await update('hostname=other.home.example&myip=192.0.2.5', { as: `any:${token}` }),
      '403 !yours',
    )
    const [event] = await http.events('home.example')
    assert.deepEqual(
      [event!.by, event!.transport, event!.http, event!.source.address],
      ['key:customers.', 'http', { form: 'dyndns2', token: 'router' }, '192.0.2.200'],
    )
  })

  it('may leave out the host where the user name or the token tells the one there is', async () => {
    const one = await http.token('one', 'single.home.example')
    const { status, body } = await http.ask('/?myip=192.0.2.6', { as: `single.home.example:${one}` })
    assert.equal(`${status} ${body}`, '200 good 192.0.2.6\n')
    assert.equal(await update('hostname=single&myip=192.0.2.6', { as: `x:${one}` }), '200 nochg 192.0.2.6')
  })

  it('has to wait after wrong passwords, with the right one too, but from there only', async () => {
    const from = '203.0.113.9'
    for (let i = 0; i < 5; i++) await update('hostname=who.home.example', { as: 'customers:wrong', from })
    const { status, body, headers } = await http.ask('/nic/update?hostname=who.home.example', {
      as: as(),
      from,
    })
    assert.equal(`${status} ${body}`, '429 abuse\n')
    assert.ok(Number(headers['retry-after']) > 0)
    assert.equal(
      await update('hostname=who.home.example&myip=192.0.2.1', { from: '203.0.113.10' }),
      '200 nochg 192.0.2.1',
    )
  })
})

describe('dyndns2: addresses', () => {
  const host = 'addr.home.example'
  const both = async () => `${await http.records(host, 'A')} ${await http.records(host, 'AAAA')}`.trim()

  it('is the one that is given, then good; the same again is nochg without a new serial, and an event', async () => {
    assert.equal(await update(`hostname=${host}&myip=192.0.2.10`), '200 good 192.0.2.10')
    assert.equal(await http.records(host, 'A'), '192.0.2.10')
    const before = await serial()
    await update('hostname=between.home.example&myip=192.0.2.1')
    const events = (await http.events('home.example')).length
    assert.equal(
      await update(`hostname=${host}&myip=192.0.2.10`, { from: '192.0.2.9' }),
      '200 nochg 192.0.2.10',
    )
    const [last, ...rest] = await http.events('home.example')
    assert.equal(rest.length, events)
    assert.deepEqual([last!.reason, last!.serialAfter], ['unchanged', before + 1])
  })

  it("is the sender's where none is given, as far as a trusted proxy says so", async () => {
    assert.equal(await update(`hostname=${host}`, { from: '192.0.2.11' }), '200 good 192.0.2.11')
    assert.equal(
      await update(`hostname=${host}&myip=`, { from: '198.51.100.66, 192.0.2.12' }),
      '200 good 192.0.2.12',
    )
    assert.equal(await update(`hostname=${host}`, { from: '2001:db8::12' }), '200 good 2001:db8::12')
    assert.equal(await both(), '192.0.2.12 2001:db8::12')
  })

  for (const [query, said, there] of [
    ['myip=192.0.2.13,2001:db8::13', '200 good 192.0.2.13,2001:db8::13', '192.0.2.13 2001:db8::13'],
    ['myip=192.0.2.14&myipv6=2001:db8::14', '200 good 192.0.2.14,2001:db8::14', '192.0.2.14 2001:db8::14'],
    ['myipv4=192.0.2.15', '200 good 192.0.2.15', '192.0.2.15 2001:db8::14'],
    ['ipv6=2001:db8::15', '200 good 2001:db8::15', '192.0.2.15 2001:db8::15'],
    ['ip=192.0.2.16', '200 good 192.0.2.16', '192.0.2.16 2001:db8::15'],
    ['myip=192.0.2.17&myipv6=preserve', '200 good 192.0.2.17', '192.0.2.17 2001:db8::15'],
    ['myip=preserve&myipv6=2001:db8:7:7::/64', '200 good 2001:db8:7:7::15', '192.0.2.17 2001:db8:7:7::15'],
    [
      'myip=192.0.2.18&wildcard=NOCHG&mx=a.example&backmx=NO&system=dyndns&offline=NOCHG',
      '200 good 192.0.2.18',
      '192.0.2.18 2001:db8:7:7::15',
    ],
    [
      'myip=192.0.2.18,192.0.2.19',
      '200 good 192.0.2.18,192.0.2.19',
      '192.0.2.18 192.0.2.19 2001:db8:7:7::15',
    ],
    ['myip=192.0.2.18&myipv6=', '200 good 192.0.2.18', '192.0.2.18'],
    ['myip=preserve', '200 nochg 192.0.2.18', '192.0.2.18'],
    ['myip=preserve&myipv6=preserve', '200 nochg 192.0.2.18', '192.0.2.18'],
    ['myip=&myipv6=preserve', '200 good 192.0.2.200', '192.0.2.200'],
    ['offline=YES', '200 good', ''],
    ['offline=YES', '200 nochg', ''],
  ] as const)
    it(`${query} is ${said}`, async () => {
      assert.equal(await update(`hostname=${host}&${query}`), said)
      assert.equal(await both(), there)
    })

  it('keep the TTL of the set that is there; a new one has 60 s', async () => {
    await byDns('update add kept.home.example 7200 A 192.0.2.1')
    for (const name of ['kept', 'fresh']) await update(`hostname=${name}.home.example&myip=192.0.2.20`)
    const zone = await http.api.export('home.example')
    assert.match(zone, /^kept\S*\s+7200\s+IN\s+A\s+192\.0\.2\.20$/m)
    assert.match(zone, /^fresh\S*\s+60\s+IN\s+A\s+192\.0\.2\.20$/m)
  })

  it('that came back within seconds are what was asked for last', async () => {
    for (const address of ['192.0.2.30', '192.0.2.31', '192.0.2.30', '192.0.2.31'])
      assert.equal(await update(`hostname=${host}&myip=${address}`), `200 good ${address}`)
    assert.equal(await http.records(host, 'A'), '192.0.2.31')
  })

  it('of three requests at once are what was asked for last, also where the first asked for the same', async () => {
    const auth = `Authorization: Basic ${Buffer.from(as()).toString('base64')}\r\n`
    const asked = ['192.0.2.33', '192.0.2.34', '192.0.2.33']
    const pipelined = asked.map(
      (address, at) =>
        `GET /nic/update?hostname=${host}&myip=${address} HTTP/1.1\r\nHost: a\r\n${auth}${at === 2 ? 'Connection: close\r\n' : ''}\r\n`,
    )
    const said = await http.raw(pipelined.join(''))
    assert.deepEqual(
      [...said.matchAll(/^good (\S+)$/gm)].map(([, address]) => address),
      asked,
    )
    assert.equal(await http.records(host, 'A'), '192.0.2.33')
  })

  it('P2: the same request at the same time gets one outcome and one event', async () => {
    const events = (await http.events('home.example')).length
    const twice = await Promise.all([1, 2].map(() => update(`hostname=${host}&myip=192.0.2.32`)))
    assert.deepEqual(twice, ['200 good 192.0.2.32', '200 good 192.0.2.32'])
    assert.equal((await http.events('home.example')).length, events + 1)
  })
})

describe('dyndns2: hosts', () => {
  it('are changed together, in one event a zone, with a line each in their order', async () => {
    const query = 'hostname=b.home.example,a.second.example,a.home.example&myip=192.0.2.40'
    const before = [await serial(), await serial('second.example')]
    assert.equal(await update(query), '200 good 192.0.2.40\ngood 192.0.2.40\ngood 192.0.2.40')
    assert.deepEqual([await serial(), await serial('second.example')], [before[0]! + 1, before[1]! + 1])
    await update('hostname=a.home.example&myip=192.0.2.41')
    assert.equal(await update(query), '200 nochg 192.0.2.40\nnochg 192.0.2.40\ngood 192.0.2.40')
  })

  it('in several zones are taken zone by zone: what is done stays, and the status is that of the failure', async () => {
    const { records } = await http.api.get('/v1/zones/second.example')
    const full = { maxRecords: records }
    await http.api.patch('/v1/zones/second.example', { settings: full })
    const query = 'hostname=parts.home.example,parts.second.example&myip=192.0.2.42'
    assert.equal(await update(query), '409 good 192.0.2.42\ndnserr')
    await http.api.patch('/v1/zones/second.example', { settings: { maxRecords: 0 } })
    assert.equal(await update(query), '200 nochg 192.0.2.42\ngood 192.0.2.42')
  })

  it('are told abuse where the zone takes no more updates of the key', async () => {
    const few = { maxUpdatesPerIdentity: { count: 1, seconds: 3_600 } }
    await http.api.patch('/v1/zones/second.example', { settings: few })
    let last = 0
    await until('the edge knows the limit', async () => {
      const { status, headers } = await http.ask(
        `/nic/update?hostname=many.second.example&myip=192.0.2.${++last}`,
        { as: as() },
      )
      if (status === 429) assert.ok(Number(headers['retry-after']) > 0)
      return status === 429
    })
    await http.api.patch('/v1/zones/second.example', {
      settings: { maxUpdatesPerIdentity: { count: 0, seconds: 60 } },
    })
  })

  it('keep their own bits when several prefixes come at once', async () => {
    await update('hostname=lan.home.example&myip=2001:db8::aaaa')
    const all = await Promise.all(
      [1, 2, 3].map((net) => update(`hostname=lan.home.example&myipv6=2001:db8:0:${net}::/64`)),
    )
    for (const said of all) assert.match(said, /^200 (good|nochg) 2001:db8:0:[123]::aaaa$/)
    assert.match(await http.records('lan.home.example', 'AAAA'), /^2001:db8:0:[123]::aaaa$/)
  })

  for (const [title, query, said] of [
    ['outside every zone', 'hostname=www.example.org', '404 nohost'],
    ['in a zone that the key may not change', 'hostname=www.closed.example', '403 !yours'],
    ['missing', 'myip=192.0.2.1', '400 notfqdn'],
    ['empty', 'hostname=&myip=192.0.2.1', '400 notfqdn'],
    ['not put in by the router', 'hostname=%25h&myip=192.0.2.1', '400 notfqdn'],
    ['a single label of nobody', 'hostname=home', '400 notfqdn'],
    ['no name', 'hostname=a..home.example', '400 notfqdn'],
    ['ten thousand', `hostname=${'a,'.repeat(10_000)}`, '400 numhost'],
    [
      'too many by one',
      `hostname=${Array.from({ length: 21 }, (_, i) => `h${i}.home.example`).join(',')}`,
      '400 numhost',
    ],
    [
      'one good and one outside',
      'hostname=a.home.example,www.example.org&myip=192.0.2.50',
      '404 dnserr\nnohost',
    ],
    ['not an address', 'hostname=a.home.example&myip=%25i', '400 dnserr'],
    ['half an address', 'hostname=a.home.example&myip=192.0.2', '400 dnserr'],
    ['loopback', 'hostname=a.home.example&myip=127.0.0.1', '400 dnserr'],
    ['link-local', 'hostname=a.home.example&myip=fe80::1', '400 dnserr'],
    ['IPv4 where IPv6 belongs', 'hostname=a.home.example&myipv6=192.0.2.1', '400 dnserr'],
    ['to be kept as it is, and not there', 'hostname=absent.home.example&myip=preserve', '404 nohost'],
    [
      'a prefix beside an address, for a host without IPv6',
      'hostname=a.home.example&myip=192.0.2.59&myipv6=2001:db8:1::/64',
      '404 nohost',
    ],
    ['a prefix for a host without IPv6', 'hostname=a.home.example&myipv6=2001:db8::/64', '404 nohost'],
  ] as const)
    it(`${title}: ${said.replace('\n', ' ')}, and nothing changes`, async () => {
      const before = await http.api.export('home.example')
      const answer = await update(query)
      assert.equal(answer, said)
      assert.doesNotMatch(answer, /good|nochg|ok/i)
      assert.equal(await http.api.export('home.example'), before)
    })

  it('that are an alias get no address beside it, and are told so', async () => {
    await byDns('update add alias.home.example 60 CNAME a.home.example.')
    const { status, body, headers } = await http.ask(
      '/nic/update?hostname=alias.home.example&myip=192.0.2.1',
      { as: as() },
    )
    assert.equal(`${status} ${body}`, '409 dnserr\n')
    assert.match(String(headers['zonelog-reason']), /^prerequisite; home\.example#\d+$/)
  })

  it('are refused with a reason that is audited', async () => {
    const { headers } = await http.ask('/nic/update?hostname=www.closed.example&myip=192.0.2.1', { as: as() })
    assert.match(String(headers['zonelog-reason']), /^not-permitted; ref [0-9a-f]{10}$/)
  })
})

describe('dyndns2: requests as routers write them', () => {
  const good = '?hostname=path.home.example&myip=192.0.2.60'
  for (const path of [
    '/nic/update',
    '/v3/update',
    '//nic/update',
    '/\\/nic/update',
    '/nic/update/',
    '/nic/update.php',
    '/nic/dyndns',
    '/update',
    '/',
    'http://members.dyndns.org/nic/update',
  ])
    it(`${path} is understood`, async () => {
      const { status, body } = await http.ask(path + good, { as: as() })
      assert.match(`${status} ${body}`, /^200 (good|nochg) 192\.0\.2\.60\n$/)
    })

  it('/nic/update&hostname=… is understood too', async () => {
    const { body } = await http.ask('/nic/update&hostname=path.home.example&myip=192.0.2.60', { as: as() })
    assert.equal(body, 'nochg 192.0.2.60\n')
  })

  it('POST with form fields is as good as GET; other methods are badagent', async () => {
    const posted = await http.ask('/nic/update', {
      as: as(),
      method: 'POST',
      body: 'hostname=path.home.example&myip=192.0.2.61',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    assert.equal(posted.body, 'good 192.0.2.61\n')
    const put = await http.ask(`/nic/update${good}`, { as: as(), method: 'PUT' })
    assert.equal(`${put.status} ${put.body}`, '405 badagent\n')
  })

  it('HTTP/1.0, and 1.1 without Host, are answered', async () => {
    const auth = `Authorization: Basic ${Buffer.from(as()).toString('base64')}\r\nX-Forwarded-For: 192.0.2.1`
    for (const version of ['1.0', '1.1'])
      assert.match(
        await http.raw(`GET /nic/update${good} HTTP/${version}\r\n${auth}\r\nConnection: close\r\n\r\n`),
        /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n(good|nochg) 192\.0\.2\.60\n$/,
      )
  })

  it('what is no HTTP, or two requests in one, gets 400 and changes nothing', async () => {
    const before = await http.api.export('home.example')
    for (const octets of [
      `POST /nic/update HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /nic/update${good} HTTP/1.1\r\n\r\n`,
      'POST /nic/update HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef',
      'GET /nic/update HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n',
      'nonsense\r\n\r\n',
    ])
      assert.match(await http.raw(octets), /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*\r\nbadagent\n$/)
    assert.equal(await http.api.export('home.example'), before)
  })

  it('a URL of a MiB gets 431; a body, and parameters, of more than a form needs 413, whoever sends them', async () => {
    const long = await http.raw(
      `GET /nic/update?hostname=${'a,'.repeat(1 << 19)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    )
    assert.match(long, /^HTTP\/1\.1 431 [\s\S]*\r\nnumhost\n$/)
    const post = async (body: string) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const answer = await http.ask('/nic/update', { method: 'POST', body, headers })
      return `${answer.status} ${answer.body}`
    }
    for (const body of ['a&'.repeat(1 << 19), 'a'.repeat(16 * 1024 + 1), 'a&'.repeat(101)])
      assert.equal(await post(body), '413 numhost\n')
    const { status, body } = await http.ask(`/nic/update?${'a&'.repeat(101)}`)
    assert.equal(`${status} ${body}`, '413 numhost\n')
  })

  it('the page with the own address has what routers look for', async () => {
    assert.equal((await http.ask('/ip', { from: '2001:db8::1' })).body, '2001:db8::1\n')
    assert.match((await http.ask('/checkip')).body, /<body>Current IP Address: 192\.0\.2\.200<\/body>/)
  })
})

describe('dyndns2: when the system is in trouble', () => {
  it('P3: nothing that is not known to be done is said to be', async () => {
    await http.writer.close()
    const { status, body, headers } = await http.ask('/nic/update?hostname=a.home.example&myip=192.0.2.70', {
      as: as(),
    })
    assert.equal(`${status} ${body}`, '503 911\n')
    assert.ok(Number(headers['retry-after']) > 0)
  })
})
