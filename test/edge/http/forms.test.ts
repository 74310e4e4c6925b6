import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { runCli } from '../../cli/run-cli.ts'
import { freePort } from '../../support/infrastructure.ts'
import { until } from '../../support/until.ts'
import { type Ask, HttpSystem } from './http-system.ts'

const METRICS_TOKEN = 'token-for-metrics'

let http: HttpSystem
let token: string
let updatesPort: number
before(async () => {
  updatesPort = await freePort()
  http = await HttpSystem.start(
    ['home.example'],
    ['grant customers+ip:192.0.2.0/24 zonesub A AAAA', 'grant customers name _acme-challenge.one TXT'],
    {
      ZONELOG_HTTP_UPDATE_LISTEN: `127.0.0.1:${updatesPort}`,
      ZONELOG_HTTP_UPDATE_RATE: '60',
      ZONELOG_COMMAND_TTL_MS: '2000',
      ZONELOG_METRICS_TOKEN: METRICS_TOKEN,
    },
  )
  token = await http.token('router', 'one.home.example', 'two.home.example')
})
after(() => http?.close())

const ask = async (target: string, more: Ask = {}) => {
  const { status, body } = await http.ask(target, more)
  return `${status} ${body.trimEnd()}`
}

describe('DuckDNS', () => {
  const duck = (query: string, more?: Ask) => ask(`/update?token=${token}&${query}`, more)

  for (const [query, said] of [
    ['domains=one&ip=192.0.2.1', '200 OK'],
    ['domains=one,two.home.example&ip=192.0.2.1&verbose=true', '200 OK\n192.0.2.1\n\nUPDATED'],
    ['domains=one,two&ip=192.0.2.1&verbose=true', '200 OK\n192.0.2.1\n\nNOCHANGE'],
    ['domains=one.duckdns.org&ip=&ipv6=2001:db8::1&verbose=true', '200 OK\n\n2001:db8::1\nUPDATED'],
    ['domains=one', '200 OK'],
    ['domains=one&clear=true', '200 OK'],
    ['domains=one&txt=challenge&verbose=true', '200 OK\nchallenge\nUPDATED'],
    ['domains=two&txt=challenge', '403 KO'],
    ['domains=three&ip=192.0.2.1', '400 KO'],
    ['domains=other.home.example&ip=192.0.2.1', '403 KO'],
    ['domains=one&ip=127.0.0.1', '400 KO'],
    ['ip=192.0.2.1', '400 KO'],
  ] as const)
    it(`${query}: ${said.replaceAll('\n', ' ')}`, async () => assert.equal(await duck(query), said))

  it('takes the address of the sender, of IPv4 only', async () => {
    assert.equal(await duck('domains=two', { from: '192.0.2.33' }), '200 OK')
    assert.equal(await http.records('two.home.example', 'A'), '192.0.2.33')
    assert.equal(await duck('domains=two', { from: '2001:db8::33' }), '400 KO')
  })

  it('says KO to another token, and to none', async () => {
    assert.equal(await ask('/update?domains=one&token=wrong'), '401 KO')
    assert.equal(await ask('/update?domains=one'), '401 KO')
  })

  it('changes nothing for other methods than GET and POST, nor for a path that is escaped wrongly', async () => {
    for (const method of ['HEAD', 'OPTIONS', 'PUT'])
      assert.match(await duck('domains=two&ip=192.0.2.34', { method }), /^405/)
    assert.equal(await ask(`/update/%/${token}/192.0.2.34`), '400 KO')
    assert.equal(await http.records('two.home.example', 'A'), '192.0.2.33')
    assert.equal(await ask(`/update/two/${token}/192.0.2.35`), '200 OK')
  })

  it('leaves what was set in the zone', async () => {
    assert.equal(await http.records('one.home.example', 'A'), '')
    assert.equal(await http.records('_acme-challenge.one.home.example', 'TXT'), '"challenge"')
    assert.equal(await ask(`/update?domains=one&token=${token}&txt=&clear=true`), '200 OK')
    assert.equal(await http.records('_acme-challenge.one.home.example', 'TXT'), '')
  })
})

describe('FreeDNS', () => {
  it('changes all hosts of the token, and says so as its clients expect', async () => {
    const both = 'Updated one.home.example to 192.0.2.8\nUpdated two.home.example to 192.0.2.8'
    assert.equal(await ask(`/dynamic/update.php?${token}&address=192.0.2.8`), `200 ${both}`)
    assert.match(
      await ask(`/dynamic/update.php?${token}&address=192.0.2.8`),
      /^200 ERROR: Address 192\.0\.2\.8 has not changed/,
    )
    assert.match(
      await ask(`/u/${token}/?address=192.0.2.8`),
      /^200 No IP change detected for one\.home\.example/,
    )
  })

  it('finds the token beside empty parameters; changes nothing for other methods', async () => {
    assert.match(
      await ask(`/dynamic/update.php?address=&ip=&${token}`, { from: '192.0.2.9' }),
      /^200 Updated one\.home\.example to 192\.0\.2\.9/,
    )
    for (const method of ['HEAD', 'OPTIONS'])
      assert.match(await ask(`/u/${token}/?address=192.0.2.10`, { method }), /^405/)
    assert.equal(await http.records('one.home.example', 'A'), '192.0.2.9')
  })

  it('says an error to another token, and to an address that is none', async () => {
    assert.equal(await ask('/u/wrong/'), '401 ERROR: Invalid update URL')
    assert.equal(await ask('/dynamic/update.php?wrong'), '401 ERROR: Invalid update URL')
    assert.equal(await ask(`/u/${token}/?address=half`), '400 ERROR: Invalid address or host')
  })
})

describe('rules and keys', () => {
  const as = (secret: string) => ({ as: `customers:${secret}` })
  const update = '/nic/update?hostname=one.home.example&myip=192.0.2.60'

  it('are asked about the address that the request came from', async () => {
    assert.equal(await ask(update, { ...as(http.secret), from: '198.51.100.1' }), '403 !yours')
    assert.equal(await ask(update, as(http.secret)), '200 good 192.0.2.60')
  })

  it('take every secret that lives while a key is rotated', async () => {
    const rotated = (await http.api.post('/v1/keys/customers/rotate', {})) as { secret: string }
    await until('the edge knows the new secret', async () =>
      (await ask(update, { ...as(rotated.secret), from: '192.0.2.61' })).startsWith('200'),
    )
    assert.equal(await ask(update, as(http.secret)), '200 nochg 192.0.2.60')
    const usage = await http.api.get('/v1/keys/customers')
    assert.equal(usage.secrets.length, 2)
  })

  it('end a token at once: update-token list and revoke', async () => {
    const environment = { ZONELOG_API_URL: http.api.url, ZONELOG_API_TOKEN: http.api.token }
    const cli = async (...argv: string[]) => {
      const { status, out, err } = await runCli(argv, environment)
      assert.equal(status, 0, err)
      return out
    }
    const made = await cli('update-token', 'create', 'customers', 'gone', '--host', 'gone.home.example')
    assert.match(made, /^[0-9a-f]{40}\n$/)
    const listed = await cli('update-token', 'list', 'customers')
    assert.match(listed, /gone\s+gone\.home\.example\.\s+active/)
    assert.ok(!listed.includes(made.trim()))
    const target = `/update?domains=gone&token=${made.trim()}&ip=192.0.2.1`
    await until('the token is taken', async () => (await ask(target, { from: '192.0.2.62' })) === '200 OK')
    await cli('update-token', 'revoke', 'customers', 'gone')
    await until(
      'the token is taken no more',
      async () => (await ask(target, { from: '192.0.2.63' })) === '401 KO',
    )
    const again = await runCli(['update-token', 'revoke', 'customers', 'gon'], environment)
    assert.notEqual(again.status, 0)
    assert.match(again.err, /has no token gon/)
  })

  it('end their tokens for good: deleted and made anew at once, or revoked and given a new secret', async () => {
    const { api } = http
    // another address each time: wrong passwords are counted
    let asked = 0
    const isTaken = async (key: string, password: string) => {
      const from = `192.0.2.${100 + (asked++ % 100)}`
      // no host is named so
      return (await ask('/nic/update?hostname=%25h', { as: `${key}:${password}`, from })).startsWith('400')
    }
    const ends = {
      deleted: async () => {
        await api.delete('/v1/keys/deleted')
        return await api.createKey('deleted')
      },
      revoked: async () => {
        await api.post('/v1/keys/revoked/revoke', {})
        return (await api.post('/v1/keys/revoked/rotate', {})) as { secret: string }
      },
    }
    for (const [key, end] of Object.entries(ends)) {
      await api.createKey(key)
      const made = { name: 'leaked', hosts: ['one.home.example'] }
      const { token: leaked } = (await api.post(`/v1/keys/${key}/update-tokens`, made)) as { token: string }
      await until('the edge knows the token', () => isTaken(key, leaked))
      const { secret } = await end()
      await until('the edge knows the new secret', () => isTaken(key, secret))
      assert.ok(!(await isTaken(key, leaked)), key)
      assert.deepEqual((await api.get(`/v1/keys/${key}/update-tokens`)).tokens, [])
    }
  })
})

describe('what operators see', () => {
  it('refusals with their reasons, and no token or password in them, also where it was typed as the user', async () => {
    const from = '192.0.2.70'
    for (const as of [`${token}:router`, `${http.secret}:customers`, `${token}:`])
      assert.equal(await ask('/nic/update?hostname=one', { as, from }), '401 badauth')
    assert.equal(await ask('/nic/update?hostname=one', { as: 'nobody:wrong', from }), '401 badauth')
    await until('the audit has them', async () => {
      const { refusals } = await http.api.get('/v1/refusals?limit=200')
      const seen = new Set(refusals.map((row: { reason: string }) => row.reason))
      for (const known of [token, http.secret.slice(0, 20)])
        assert.ok(!JSON.stringify(refusals).includes(known))
      if (!refusals.some((row: { claimedKey: string }) => row.claimedKey === 'nobody')) return false
      return ['http-badauth', 'http-malformed', 'http-address', 'http-token-scope', 'not-permitted'].every(
        (reason) => seen.has(reason),
      )
    })
  })

  it('a client that leaves amid its body as what it is, and not as one that sent too much', async () => {
    const leaving = connect(http.edge.httpPort, '127.0.0.1')
    await new Promise((sent) =>
      leaving.write('POST /nic/update HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhostname=', sent),
    )
    leaving.destroy()
    await until('the edge has seen it leave', async () =>
      /form="dyndns2",word="client left"\} 1/.test((await http.ask('/metrics', { from: '127.0.0.1' })).body),
    )
  })

  it('metrics by form and word, at the first address only', async () => {
    const metrics = await http.ask('/metrics', { from: '127.0.0.1' })
    assert.match(metrics.body, /zonelog_edge_http_updates_total\{form="duckdns",word="OK"\} \d/)
    assert.match(metrics.body, /zonelog_edge_http_updates_total\{form="dyndns2",word="!yours"\} 1/)
    const open = (path: string) => fetch(`http://127.0.0.1:${updatesPort}${path}`)
    assert.equal((await open('/ip')).status, 200)
    for (const path of ['/metrics', '/healthz', '/readyz']) assert.equal((await open(path)).status, 404)
  })

  it('metrics to others than this machine with the token only, and health without', async () => {
    const { status, body, headers } = await http.ask('/metrics')
    assert.deepEqual([status, JSON.parse(body).code], [401, 'token-missing'])
    assert.equal(headers['www-authenticate'], 'Bearer realm="zonelog"')
    const asked = async (token: string) =>
      (await http.ask('/metrics', { headers: { authorization: `Bearer ${token}` } })).status
    assert.deepEqual([await asked(METRICS_TOKEN), await asked(`${METRICS_TOKEN}x`)], [200, 401])
    for (const path of ['/livez', '/readyz', '/healthz']) {
      const health = await http.ask(path)
      assert.equal(health.status, 200)
      assert.doesNotMatch(health.body, /example|customers/)
    }
  })

  it('abuse for one address that asks too often, and not for its neighbour', async () => {
    const from = '192.0.2.90'
    const all = await Promise.all(Array.from({ length: 70 }, () => ask('/nic/update', { from })))
    assert.ok(all.includes('429 abuse'))
    assert.equal(await ask('/nowhere', { from }), '429 too many')
    assert.equal(await ask('/nic/update', { from: '192.0.2.91' }), '401 badauth')
  })
})

describe('P3: when no writer answers', () => {
  it('nobody is told OK, KO or ERROR of what may be done yet', async () => {
    await http.writer.close()
    const from = '192.0.2.95'
    assert.deepEqual(
      await Promise.all([
        ask(`/update?token=${token}&domains=two&ip=192.0.2.96`, { from }),
        ask(`/u/${token}/?address=192.0.2.97`, { from }),
      ]),
      ['503 UNKNOWN', '503 UNKNOWN: nobody knows yet whether it was done; ask again'],
    )
  })
})
