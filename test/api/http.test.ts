import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import { listRRsets, type RRsetJson } from '../../services/zone-writer/admin/list-rrsets.ts'
import { listenApi } from '../../services/zone-writer/api/listen.ts'
import { connectDatabase } from '../../shared/database/connect.ts'
import { encodeEvent } from '../../shared/events/event-codec.ts'
import { freePort } from '../support/infrastructure.ts'
import { adminApi, METRICS_TOKEN } from './fixture.ts'

type Api = Awaited<ReturnType<typeof adminApi>>

const ZONE_FILE = '$TTL 300\n@ SOA ns1 host 5 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n'

describe('the admin API', () => {
  let api: Api
  const logged: string[] = []
  before(async () => {
    const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) })
    api = await adminApi((admin) => ({ ...admin, log }))
  })
  after(() => api.close())

  describe('asks for a token', () => {
    const unauthorised = async (headers: Record<string, string>, code: string) => {
      const answer = await api.app.inject({ method: 'GET', url: '/v1/zones', headers })
      assert.equal(answer.statusCode, 401)
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
      assert.equal(answer.headers['www-authenticate'], 'Bearer realm="zonelog"')
      assert.equal(answer.json().code, code)
    }
    it('401 without one', () => unauthorised({}, 'token-missing'))
    it('401 with another scheme', () => unauthorised({ authorization: 'Basic eDp5' }, 'token-missing'))
    it('401 with one that is not ours', () =>
      unauthorised({ authorization: `Bearer ${api.token}x` }, 'token-unknown'))
    it('401 before the body is read', async () => {
      const answer = await api.app.inject({
        method: 'POST',
        url: '/v1/zones',
        payload: 'x'.repeat(3_000_000),
      })
      assert.equal(answer.statusCode, 401)
    })
    it('200 with one of ours', async () => assert.equal((await api.ask('GET', '/v1/zones')).status, 200))
    it('none for health, which tells no names', async () => {
      await api.ask('POST', '/v1/zones', { name: 'unnamed.test' })
      await api.ask('POST', '/v1/keys', { name: 'unnamed-key' })
      for (const url of ['/livez', '/readyz', '/readyz?for=updates', '/healthz']) {
        const { statusCode, body } = await api.app.inject({ url, remoteAddress: '192.0.2.7' })
        assert.equal(statusCode, 200, url)
        assert.doesNotMatch(body, /unnamed/)
      }
    })
    it('for metrics of others than this machine: that of metrics, or one for all zones', async () => {
      const asked = async (secret?: string) => {
        const headers = secret === undefined ? {} : { authorization: `Bearer ${secret}` }
        const answer = await api.app.inject({ url: '/metrics', remoteAddress: '192.0.2.7', headers })
        return answer.statusCode === 200 ? 200 : `${answer.statusCode} ${answer.json().code}`
      }
      const made = async (name: string, more: object) =>
        JSON.parse((await api.ask('POST', '/v1/tokens', { name, role: 'viewer', ...more })).text).secret
      assert.equal((await api.app.inject('/metrics')).statusCode, 200)
      assert.equal(await asked(), '401 token-missing')
      assert.equal(await asked('no-token-of-ours'), '401 token-unknown')
      assert.equal(await asked(METRICS_TOKEN), 200)
      assert.equal(await asked(await made('scraper', {})), 200)
      assert.equal(await asked(await made('limited', { zones: ['unnamed.test'] })), '403 zone-lacking')
    })
  })

  describe('behind a trusted proxy', () => {
    const through = (headers: Record<string, string>, remoteAddress = '10.0.0.1') => ({
      remoteAddress,
      headers: { authorization: `Bearer ${api.token}`, ...headers },
    })
    it('knows a client by X-Forwarded-For: in the history, and when it guesses tokens', async () => {
      const create = async (name: string, via: ReturnType<typeof through>) => {
        await api.app.inject({ method: 'POST', url: '/v1/zones', payload: { name }, ...via })
        return JSON.parse((await api.ask('GET', `/v1/zones/${name}/events`)).text).events[0].source.address
      }
      const forwarded = { 'x-forwarded-for': '203.0.113.66, 198.51.100.9' }
      assert.equal(await create('by-proxy.test', through(forwarded)), '198.51.100.9')
      assert.equal(await create('by-stranger.test', through(forwarded, '192.0.2.66')), '192.0.2.66')
      const guess = async (from: string) => {
        const via = through({ 'x-forwarded-for': from, authorization: 'Bearer guessed' })
        return (await api.app.inject({ url: '/v1/zones', ...via })).json()
      }
      const codes = new Set<string>()
      for (let turn = 0; turn < 25; turn++) codes.add((await guess('198.51.100.66')).code)
      assert.deepEqual([...codes], ['token-unknown', 'too-many-sign-ins'])
      assert.match((await guess('198.51.100.66')).detail, /from 198\.51\.100\.66 were wrong/)
      assert.equal((await guess('198.51.100.67')).code, 'token-unknown')
    })
    it("has a browser's cookie for TLS only where the proxy says https, and nobody else", async () => {
      const signIn = async (via: ReturnType<typeof through>) =>
        String((await api.app.inject({ method: 'POST', url: '/v1/session', ...via })).headers['set-cookie'])
      const https = { 'x-forwarded-proto': 'https' }
      assert.match(await signIn(through(https)), /; HttpOnly; SameSite=Strict; Secure$/)
      assert.match(await signIn(through(https, '192.0.2.66')), /; SameSite=Strict$/)
      assert.match(await signIn(through({ 'x-forwarded-proto': 'http' })), /; SameSite=Strict$/)
    })
  })

  describe('records in pages', () => {
    const NAMES = Array.from({ length: 25 }, (_, index) => `host-${String(index).padStart(2, '0')}`)
    const page = async (query: string) => {
      const answer = await api.ask('GET', `/v1/zones/pages.test/rrsets?${query}`)
      assert.equal(answer.status, 200, answer.text)
      return JSON.parse(answer.text)
    }
    before(async () => {
      const hosts = NAMES.map((name) => `${name} A 192.0.2.1\n${name} TXT "of ${name}"`)
      await api.ask('POST', '/v1/zones', { name: 'pages.test', file: `${ZONE_FILE}${hosts.join('\n')}\n` })
    })

    it('has every RRset once, the SOA before all, whatever the size of a page', async () => {
      for (const limit of [1, 7, 1_000]) {
        const seen: string[] = []
        let next: string | undefined = ''
        while (next !== undefined) {
          const found: { rrsets: { name: string; type: string }[]; next?: string } = await page(
            `limit=${limit}${next === '' ? '' : `&after=${next}`}`,
          )
          seen.push(...found.rrsets.map(({ name, type }) => `${name} ${type}`))
          next = found.next
        }
        assert.deepEqual(seen.slice(0, 2), ['pages.test. SOA', 'pages.test. NS'])
        assert.equal(seen.length, 3 + 2 * NAMES.length)
        assert.equal(new Set(seen).size, seen.length)
      }
    })
    it('tells values as a zone file has them, and where the zone stood', async () => {
      const { serial, seq, rrsets } = await page('name=HOST-03.pages.test&type=TXT')
      assert.deepEqual([serial, seq], [5, 1])
      assert.deepEqual(rrsets, [
        { name: 'host-03.pages.test.', type: 'TXT', ttl: 300, values: ['"of host-03"'] },
      ])
    })
    it('looks for a part of a name, of one type', async () => {
      const { rrsets } = await page('search=T-1&type=A')
      assert.equal(rrsets.length, 10)
    })
    it('has the same pages backwards, from the end to the zone’s own name', async () => {
      const all = (await page('limit=1000')).rrsets
      const seen: unknown[] = []
      let place = ''
      do {
        const { rrsets, previous } = await page(`limit=7&backwards=true${place}`)
        seen.unshift(...rrsets)
        place = previous && `&upTo=${previous}`
      } while (place)
      assert.deepEqual(seen, all)
    })
    it('begins at any text among the names, with what is before and behind it', async () => {
      const { rrsets, next, previous } = await page('from=HOST-1&limit=3')
      assert.deepEqual(
        rrsets.map(({ name }: { name: string }) => name),
        ['host-10.pages.test.', 'host-10.pages.test.', 'host-11.pages.test.'],
      )
      const before = await page(`upTo=${previous}&backwards=true&limit=1`)
      assert.equal(before.rrsets[0].name, 'host-09.pages.test.')
      assert.deepEqual((await page(`after=${previous}&upTo=${next}`)).rrsets, rrsets)
      assert.deepEqual((await page('from=zz')).rrsets, [])
    })
    it('looks at so many names for a filtered page, and goes on from there', async () => {
      for (const backwards of [false, true]) {
        const seen: RRsetJson[] = []
        let place: object | undefined = {}
        let pages = 0
        for (; place !== undefined; pages++) {
          const query = { limit: 100, type: 'TXT', backwards, ...place }
          const found = await listRRsets(api.db, 'pages.test', query, 9)
          assert.ok(found.ok)
          const { rrsets, next, previous } = found.value
          assert.ok(rrsets.length <= 5)
          if (backwards) seen.unshift(...rrsets)
          else seen.push(...rrsets)
          const further = backwards ? previous : next
          place = further === undefined ? undefined : backwards ? { upTo: further } : { after: further }
        }
        assert.deepEqual(seen, (await page('type=TXT')).rrsets)
        assert.equal(pages, 6)
      }
    })
    it('400 for a type or a place that is none', async () => {
      for (const query of ['type=NOTHING', 'after=x', 'upTo=x', `from=a&after=${btoa('1 a')}`])
        assert.equal((await api.ask('GET', `/v1/zones/pages.test/rrsets?${query}`)).status, 400, query)
    })
  })

  describe('zones', () => {
    it('201 creates one from a zone file, 200 shows and exports it', async () => {
      const created = await api.ask('POST', '/v1/zones', {
        name: 'Http.test',
        file: ZONE_FILE,
        allowUpdate: ['::1'],
      })
      assert.equal(created.status, 201)
      const shown = JSON.parse((await api.ask('GET', '/v1/zones/http.test')).text)
      assert.equal(shown.serial, 5)
      assert.deepEqual(shown.rules, ['grant ip:::1 zonesub ANY'])
      const exported = await api.ask('GET', '/v1/zones/http.test./export')
      assert.match(exported.type, /^text\/dns/)
      assert.match(exported.text, /^http\.test\. 300 IN SOA .* 5 3600 600 86400 60\n/i)
      assert.match(exported.text, /^(.+\n){3}; end\n$/)
    })

    it('409 for one that exists; of two at once one gets 201', async () => {
      const both = await Promise.all([1, 2].map(() => api.ask('POST', '/v1/zones', { name: 'twice.test' })))
      assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 409])
      const refused = both.find(({ status }) => status === 409)!
      assert.match(refused.type, /^application\/problem\+json/)
      const { code, title, detail, type } = JSON.parse(refused.text)
      assert.deepEqual([code, title, type], ['zone-exists', 'Conflict', 'urn:zonelog:problem:zone-exists'])
      assert.match(detail, /There is a zone twice\.test\. already/)
    })

    it('422 for a zone file with faults, each with its line', async () => {
      const answer = await api.ask('POST', '/v1/zones', {
        name: 'faulty.test',
        file: `${ZONE_FILE}x A 1\ny A 2\n`,
      })
      assert.equal(answer.status, 422)
      assert.deepEqual(
        JSON.parse(answer.text).errors.map(({ line }: { line: number }) => line),
        [5, 6],
      )
    })

    it('404 names the nearest', async () => {
      const answer = await api.ask('GET', '/v1/zones/htpt.test')
      assert.equal(answer.status, 404)
      assert.match(JSON.parse(answer.text).detail, /did you mean http\.test\./)
    })

    it('takes names with any characters in the path', async () => {
      const name = '0/25.2.0.192.in-addr.arpa'
      assert.equal((await api.ask('POST', '/v1/zones', { name })).status, 201)
      const shown = await api.ask('GET', `/v1/zones/${encodeURIComponent(name)}`)
      assert.equal(JSON.parse(shown.text).name, `${name}.`)
      const long = `${'\\001'.repeat(60)}.${'\\002'.repeat(60)}.test`
      assert.equal((await api.ask('POST', '/v1/zones', { name: long })).status, 201)
      assert.equal((await api.ask('GET', `/v1/zones/${encodeURIComponent(long)}`)).status, 200)
    })
  })

  describe('history', () => {
    it('shows the creation: who, from where, the outcome, the serial and the records', async () => {
      await api.ask('POST', '/v1/zones', { name: 'history.test', file: ZONE_FILE })
      const { events, next } = JSON.parse((await api.ask('GET', '/v1/zones/history.test/events')).text)
      assert.equal(events.length, 1)
      assert.equal(next, undefined)
      const [event] = events
      assert.equal(event.schema, 'zonelog.event/1')
      assert.equal(event.kind, 'create')
      assert.equal(event.by, 'api:first')
      assert.equal(event.source.address, '127.0.0.1')
      assert.equal(event.transport, 'api')
      assert.equal(event.edge, 'writer-of-tests')
      assert.deepEqual([event.outcome, event.reason, event.section], ['NOERROR', 'applied', ''])
      assert.deepEqual([event.serialBefore, event.serialAfter], [0, 5])
      assert.match(event.soaAfter, /^history\.test\. 300 IN SOA/)
      assert.deepEqual(event.added, [
        'history.test. 300 IN NS ns1.history.test.',
        'ns1.history.test. 300 IN A 192.0.2.1',
      ])
      assert.match(event.hash, /^[0-9a-f]{64}$/)
    })

    it('cuts a long change in a page and shows it whole alone', async () => {
      const lines = Array.from({ length: 1_500 }, (_, index) => `h${index} A 192.0.2.1\n`)
      await api.ask('POST', '/v1/zones', { name: 'long.test', file: ZONE_FILE + lines.join('') })
      const { events } = JSON.parse((await api.ask('GET', '/v1/zones/long.test/events')).text)
      assert.deepEqual([events[0].cut, events[0].added.length, events[0].addedCount], [true, 1_000, 1_502])
      const whole = JSON.parse((await api.ask('GET', '/v1/zones/long.test/events/1')).text)
      assert.deepEqual([whole.cut, whole.added.length], [undefined, 1_502])
      assert.equal((await api.ask('GET', '/v1/zones/long.test/events/2')).status, 404)
    })
  })

  describe('keys', () => {
    it('201 with the secret once, then never again', async () => {
      const created = await api.ask('POST', '/v1/keys', { name: 'Laptop' })
      assert.equal(created.status, 201)
      const { name, algorithm, secret, clause } = JSON.parse(created.text)
      assert.deepEqual([name, algorithm], ['laptop.', 'hmac-sha256'])
      assert.equal(Buffer.from(secret, 'base64').length, 32)
      assert.equal(clause, `key "laptop" {\n\talgorithm hmac-sha256;\n\tsecret "${secret}";\n};\n`)

      await api.ask('POST', '/v1/zones', { name: 'keyed.test', allowUpdate: ['laptop'] })
      const answers = await Promise.all(
        ['/v1/keys', '/v1/zones', '/v1/zones/keyed.test', '/v1/zones/keyed.test/events', '/v1/status'].map(
          async (url) => (await api.ask('GET', url)).text,
        ),
      )
      assert.match(answers[0]!, /laptop\./)
      const events = api.published.map((event) => Buffer.from(encodeEvent(event)).toString('latin1'))
      const raw = Buffer.from(secret, 'base64').toString('latin1')
      for (const text of [...answers, ...events, ...logged]) {
        assert.ok(!text.includes(secret))
        assert.ok(!text.includes(raw))
        assert.ok(!text.includes(api.token))
      }
      assert.ok(logged.some((line) => line.includes('/v1/keys')))
      const rows = await api.db.selectFrom('tsig_secret').select('sealed').execute()
      assert.ok(rows.every((row) => !row.sealed!.toString('latin1').includes(raw)))
    })

    const cases = [
      { title: '409 for one that exists', body: { name: 'LAPTOP.' }, status: 409, detail: /already/ },
      {
        title: '400 for an unknown algorithm',
        body: { name: 'a', algorithm: 'hmac-sha265' },
        status: 400,
        detail: /did you mean hmac-sha256\?/,
      },
      {
        title: '400 for a secret that is not base64',
        body: { name: 'a', secret: 'no*base64!' },
        status: 400,
        detail: /not base64/,
      },
      {
        title: '400 for a short secret',
        body: { name: 'a', secret: 'c2hvcnQ=' },
        status: 400,
        detail: /has 5 octets/,
      },
      { title: '400 for a bad name', body: { name: 'a..b' }, status: 400, detail: /empty label/ },
    ]
    for (const { title, body, status, detail } of cases)
      it(title, async () => {
        const answer = await api.ask('POST', '/v1/keys', body)
        assert.equal(answer.status, status)
        assert.match(JSON.parse(answer.text).detail, detail)
        if ('secret' in body) assert.ok(!answer.text.includes(body.secret!))
      })

    it('takes a given secret, and makes 64 octets for hmac-sha512', async () => {
      const secret = Buffer.alloc(16, 7).toString('base64')
      const given = await api.ask('POST', '/v1/keys', { name: 'given', secret })
      assert.equal(JSON.parse(given.text).secret, secret)
      const long = await api.ask('POST', '/v1/keys', { name: 'long', algorithm: 'HMAC-SHA512.' })
      assert.equal(Buffer.from(JSON.parse(long.text).secret, 'base64').length, 64)
    })
  })

  describe('bad requests are problems that say what to do', () => {
    const cases = [
      { title: 'a field that is missing', body: {}, detail: /required property 'name'/ },
      { title: 'a field that is not known', body: { name: 'x.test', fiel: '' }, detail: /'fiel'/ },
      { title: 'a field of another type', body: { name: { a: 1 } }, detail: /name: must be string/ },
    ]
    for (const { title, body, detail } of cases)
      it(`400 for ${title}`, async () => {
        const answer = await api.ask('POST', '/v1/zones', body)
        assert.equal(answer.status, 400)
        const { errors } = JSON.parse(answer.text)
        assert.match(errors.map(({ message }: { message: string }) => message).join(), detail)
      })

    it('400 for a limit out of range', async () =>
      assert.equal((await api.ask('GET', '/v1/zones?limit=0')).status, 400))
    it('404 for an address that is not there', async () => {
      const answer = await api.ask('GET', '/v1/zoness')
      assert.equal(answer.status, 404)
      assert.equal(JSON.parse(answer.text).code, 'no-such-address')
    })
    it('413 for a body that is too large', async () => {
      const answer = await api.ask('POST', '/v1/keys', { name: 'x'.repeat(1_100_000) })
      assert.equal(answer.status, 413)
      assert.equal(JSON.parse(answer.text).code, 'too-large')
    })
    for (const [type, status] of [
      ['text/plain', 415],
      ['application/json', 400],
    ] as const)
      it(`${status} for a body of ${type} that is not JSON`, async () => {
        const answer = await api.app.inject({
          method: 'POST',
          url: '/v1/zones',
          headers: { authorization: `Bearer ${api.token}`, 'content-type': type },
          payload: '{',
        })
        assert.equal(answer.statusCode, status)
        assert.match(String(answer.headers['content-type']), /problem/)
      })
  })

  describe('health', () => {
    it('503 on /readyz alone when updates are not decided, 503 on /healthz when only a restart helps', async () => {
      const statuses = async () => [
        (await api.ask('GET', '/healthz')).status,
        (await api.ask('GET', '/readyz')).status,
      ]
      assert.deepEqual(await statuses(), [200, 200])
      Object.assign(api.health, { status: 'degraded', ready: false })
      assert.deepEqual(await statuses(), [200, 503])
      Object.assign(api.health, { live: false })
      assert.deepEqual(await statuses(), [503, 503])
      Object.assign(api.health, { status: 'ok', live: true, ready: true })
    })

    it('503 without a trace of the inside when Postgres is gone', async () => {
      const { db } = connectDatabase(`postgres://nobody@127.0.0.1:${await freePort()}/none`, {
        name: 'test',
        size: 1,
        statementMs: 5_000,
      })
      const broken = await adminApi((admin) => ({ ...admin, db }))
      const answer = await broken.ask('GET', '/v1/zones')
      assert.equal(answer.status, 503)
      assert.equal(JSON.parse(answer.text).code, 'database-unavailable')
      assert.doesNotMatch(answer.text, /ECONN|node_modules|\.ts/)
      await broken.close()
    })
  })

  it('says in one sentence when its address is taken', async () => {
    const endpoint = { host: '127.0.0.1', port: await freePort() }
    await listenApi(api.app, endpoint)
    const other = await adminApi()
    await assert.rejects(
      listenApi(other.app, endpoint),
      /ZONELOG_API_LISTEN.*something listens there already/,
    )
    await other.close()
  })
})
