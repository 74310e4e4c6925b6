import assert from 'node:assert/strict'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import { buildApi } from '../../services/zone-writer/api/build-api.ts'
import type { ApiContext } from '../../services/zone-writer/api/context.ts'
import { listenApi } from '../../services/zone-writer/api/listen.ts'
import { readCertificate, renewCertificate } from '../../services/zone-writer/api/tls.ts'
import { ConfigError, loadConfig } from '../../shared/config.ts'
import { silentLogger } from '../../shared/log.ts'
import { runCli } from '../cli/run-cli.ts'
import { TestAuthority } from '../support/certificates.ts'
import { freePort, temporaryFolder } from '../support/infrastructure.ts'
import { until } from '../support/until.ts'
import { adminApi } from './fixture.ts'

describe('tokens of the admin API', () => {
  let api: Awaited<ReturnType<typeof adminApi>>
  let now = Date.now()
  let requestsPerSecond = 0
  before(async () => {
    api = await adminApi((admin) => ({ ...admin, now: () => now }))
    for (const name of ['a.test', 'b.test']) await api.ask('POST', '/v1/zones', { name })
    await api.ask('POST', '/v1/keys', { name: 'of-a' })
    await api.ask('POST', '/v1/keys', { name: 'of-both' })
    await api.ask('POST', '/v1/keys', { name: 'of-none' })
    for (const [zone, keys] of [
      ['a.test', ['of-a', 'of-both']],
      ['b.test', ['of-both']],
    ] as const)
      await api.ask('POST', `/v1/zones/${zone}/rules`, {
        rules: keys.map((key) => `grant ${key} zonesub ANY`),
      })
  })
  after(() => api.close())

  const create = async (name: string, more: object) => {
    const { status, text } = await api.ask('POST', '/v1/tokens', { name, ...more })
    assert.equal(status, 201, text)
    return JSON.parse(text) as { secret: string; name: string }
  }
  type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  const as = (secret: string) => async (method: Method, url: string, body?: object) => {
    const headers = { authorization: `Bearer ${secret}` }
    const answer = await api.app.inject({ method, url, headers, ...(body && { payload: body }) })
    const json = answer.headers['content-type']?.includes('json') ? answer.json() : undefined
    return { status: answer.statusCode, code: json?.code as string | undefined, json }
  }

  it('are shown once, and stored as a hash', async () => {
    const { secret } = await create('once', { role: 'viewer' })
    assert.match(secret, /^zonelog_[\w-]{43}$/)
    for (const url of ['/v1/tokens', '/v1/audit', '/v1/status'])
      assert.ok(!(await api.ask('GET', url)).text.includes(secret), url)
    const row = await api.db
      .selectFrom('api_token')
      .selectAll()
      .where('name', '=', 'once')
      .executeTakeFirstOrThrow()
    assert.ok(!JSON.stringify(row).includes(secret))
    const { json } = await as(secret)('GET', '/v1/me')
    assert.deepEqual(json, { token: 'once', role: 'viewer', zones: null, expiresAt: null })
  })

  it('that were there before may do everything', async () => {
    const { text } = await api.ask('GET', '/v1/me')
    assert.deepEqual(JSON.parse(text), { token: 'first', role: 'admin', zones: null, expiresAt: null })
  })

  it('end at their time and when they are revoked, each with its own code; a name stays taken', async () => {
    const short = await create('short', { role: 'viewer', expiresAt: new Date(now + 60_000).toISOString() })
    const ask = as(short.secret)
    assert.equal((await ask('GET', '/v1/zones')).status, 200)
    now += 61_000
    assert.deepEqual((({ status, code }) => [status, code])(await ask('GET', '/v1/zones')), [
      401,
      'token-expired',
    ])
    const gone = await create('gone', { role: 'admin' })
    assert.equal((await api.ask('DELETE', '/v1/tokens/gone')).status, 200)
    assert.equal((await api.ask('DELETE', '/v1/tokens/gone')).status, 200)
    assert.equal((await as(gone.secret)('GET', '/v1/zones')).code, 'token-revoked')
    assert.equal((await api.ask('POST', '/v1/tokens', { name: 'gone', role: 'viewer' })).status, 409)
    const { tokens } = JSON.parse((await api.ask('GET', '/v1/tokens')).text)
    const states = Object.fromEntries(
      tokens.map(({ name, state }: { name: string; state: string }) => [name, state]),
    )
    assert.deepEqual([states.short, states.gone, states.first], ['expired', 'revoked', 'active'])
  })

  it('say coarsely when they were used last', async () => {
    const { secret } = await create('used', { role: 'viewer' })
    await as(secret)('GET', '/v1/zones')
    const used = async () => {
      const { tokens } = JSON.parse((await api.ask('GET', '/v1/tokens?after=use&limit=1')).text)
      return tokens[0].lastUsedAt
    }
    const first = await used()
    assert.equal(first, new Date(now).toISOString())
    now += 60_000
    await as(secret)('GET', '/v1/zones')
    assert.equal(await used(), first)
    now += 600_000
    await as(secret)('GET', '/v1/zones')
    assert.notEqual(await used(), first)
  })

  describe('with each role may do what the document says, and nothing else', () => {
    const roles = ['viewer', 'operator', 'admin'] as const
    for (const [index, role] of roles.entries())
      it(role, async () => {
        const ask = as((await create(`just-${role}`, { role })).secret)
        const limited = as((await create(`limited-${role}`, { role, zones: ['a.test'] })).secret)
        for (const [path, methods] of Object.entries(api.app.openApi().paths))
          for (const [method, operation] of Object.entries(methods)) {
            const place = `${method} ${path}`
            const url = path.replace('{name}', 'b.test').replaceAll(/\{\w+\}/g, '1')
            const need = roles.indexOf(operation['x-zonelog-role'] as (typeof roles)[number])
            // what is allowed is not done here: only what is refused has no consequences
            if (need > index) {
              const { status, code, json } = await ask(
                method.toUpperCase() as Method,
                url,
                method === 'get' ? undefined : {},
              )
              assert.deepEqual([status, code], [403, 'role-lacking'], place)
              assert.match(
                json.detail,
                new RegExp(`role (operator|admin), and the token just-${role} has the role ${role}`),
              )
            } else if (operation['x-zonelog-zones'] !== 'filtered') {
              const { status, code } = await limited(
                method.toUpperCase() as Method,
                url,
                method === 'get' ? undefined : {},
              )
              assert.deepEqual([status, code], [403, 'zone-lacking'], place)
            }
          }
      })
  })

  describe('that are limited to zones', () => {
    let ask: ReturnType<typeof as>
    before(async () => {
      ask = as((await create('team-a', { role: 'admin', zones: ['A.test', 'new.test'] })).secret)
    })
    const codeOf = async (method: Method, url: string, body?: object) => (await ask(method, url, body)).code

    it('see their zones, whatever way these are written, and no other', async () => {
      const { json } = await ask('GET', '/v1/zones')
      assert.deepEqual(
        json.zones.map(({ name }: { name: string }) => name),
        ['a.test.'],
      )
      for (const name of ['a.test', 'A.TEST.', '\\097.test'])
        assert.equal((await ask('GET', `/v1/zones/${encodeURIComponent(name)}`)).status, 200, name)
      assert.equal(await codeOf('GET', '/v1/zones/b.test/events'), 'zone-lacking')
      assert.equal(await codeOf('GET', '/v1/zones/never.test'), 'zone-lacking')
      assert.equal(await codeOf('GET', '/v1/zones/b.test@2'), 'zone-lacking')
    })

    it('are told of no other by a hint', async () => {
      const { json } = await ask('GET', '/v1/zones/new.test')
      assert.deepEqual([json.code, json.detail], ['zone-not-found', 'There is no zone new.test. here.'])
    })

    it('find no event of another by its id', async () => {
      const { events } = JSON.parse((await api.ask('GET', '/v1/zones/b.test/events')).text)
      assert.equal(await codeOf('GET', `/v1/events/${events[0].eventId}`), 'zone-lacking')
    })

    it('create and delete zones of theirs only, and no catalog zone', async () => {
      assert.equal(await codeOf('POST', '/v1/zones', { name: 'other.test' }), 'zone-lacking')
      assert.equal(await codeOf('POST', '/v1/zones', { name: 'new.test', isCatalog: true }), 'zone-lacking')
      assert.equal(await codeOf('POST', '/v1/zones/a.test/rebuild', { into: 'other.test' }), 'zone-lacking')
      assert.equal((await ask('POST', '/v1/zones', { name: 'new.test' })).status, 201)
      assert.equal((await ask('DELETE', '/v1/zones/new.test')).status, 200)
    })

    it('see keys that their zones name, and change those that no other zone names', async () => {
      const { json } = await ask('GET', '/v1/keys')
      assert.deepEqual(
        json.keys.map(({ name }: { name: string }) => name),
        ['of-a.', 'of-both.'],
      )
      assert.equal((await ask('GET', '/v1/keys/of-both')).status, 200)
      assert.equal(await codeOf('GET', '/v1/keys/of-none'), 'zone-lacking')
      assert.equal((await ask('POST', '/v1/keys/of-a/rotate', {})).status, 200)
      assert.equal(await codeOf('POST', '/v1/keys/of-both/rotate', {}), 'zone-lacking')
      assert.equal(await codeOf('POST', '/v1/keys/never-there/rotate', {}), 'zone-lacking')
    })

    it('make keys, but none that another zone waits for', async () => {
      await api.ask('POST', '/v1/zones/b.test/rules', { rules: ['grant future zonesub ANY'] })
      assert.equal(await codeOf('POST', '/v1/keys', { name: 'future' }), 'zone-lacking')
      assert.equal((await ask('POST', '/v1/keys', { name: 'mine' })).status, 201)
      assert.equal((await ask('DELETE', '/v1/keys/mine')).status, 200)
    })

    it('make no tokens and read of the audit what was done to their zones', async () => {
      assert.equal(await codeOf('POST', '/v1/tokens', { name: 'x', role: 'admin' }), 'zone-lacking')
      const { json } = await ask('GET', '/v1/audit')
      assert.ok(json.entries.length > 0)
      assert.deepEqual([...new Set(json.entries.map(({ name }: { name: string }) => name))].toSorted(), [
        'a.test.',
        'new.test.',
      ])
    })

    it('change as an operator the settings of a zone, but not what guards others against it', async () => {
      const operator = as((await create('op-a', { role: 'operator', zones: ['a.test'] })).secret)
      assert.equal(
        (await operator('PATCH', '/v1/zones/a.test', { transfers: { notify: ['192.0.2.1'] } })).status,
        200,
      )
      assert.equal(
        (await operator('PATCH', '/v1/zones/a.test', { settings: { serialPolicy: 'unixtime' } })).status,
        200,
      )
      for (const change of [{ settings: { maxRecords: 0 } }, { transfers: { catalog: 'none' } }])
        assert.equal((await operator('PATCH', '/v1/zones/a.test', change)).code, 'role-lacking')
    })
  })

  it('refuses a request that is no token request', async () => {
    for (const body of [
      { name: 'x y', role: 'viewer' },
      { name: 'x', role: 'root' },
      { name: 'x', role: 'viewer', zones: [] },
      { name: 'x', role: 'viewer', zones: ['a..b'] },
      { name: 'x', role: 'viewer', expiresAt: '2020-01-01T00:00:00Z' },
    ])
      assert.equal((await api.ask('POST', '/v1/tokens', body)).status, 400, JSON.stringify(body))
  })

  it('every change by the API is in the audit, with the name of the token and no secret', async () => {
    const admin = as((await create('tracked', { role: 'admin' })).secret)
    await admin('POST', '/v1/zones', { name: 'tracked.test' })
    await admin('PATCH', '/v1/zones/tracked.test', { settings: { maxRecords: 7 } })
    await admin('PUT', '/v1/zones/tracked.test/rules', { rules: ['grant tracked-key zonesub A'] })
    const key = await admin('POST', '/v1/keys', { name: 'tracked-key' })
    const rotated = await admin('POST', '/v1/keys/tracked-key/rotate', {})
    await admin('POST', '/v1/zones/tracked.test/restore', { event: 1 })
    await admin('DELETE', '/v1/keys/tracked-key?force=true')
    const token = await admin('POST', '/v1/tokens', { name: 'child', role: 'viewer' })
    await admin('DELETE', '/v1/tokens/child')
    await admin('DELETE', '/v1/zones/tracked.test')
    const { entries } = (await admin('GET', '/v1/audit?by=tracked')).json
    assert.deepEqual(
      entries
        .map((entry: Record<string, string>) => `${entry.subject} ${entry.name} ${entry.change}`)
        .toReversed(),
      [
        'zone tracked.test. create',
        'zone tracked.test. set',
        'rules tracked.test. replaced',
        'key tracked-key. created',
        'key tracked-key. rotated',
        'zone tracked.test. restore',
        'key tracked-key. deleted',
        'token child created',
        'token child revoked',
        'zone tracked.test. delete',
      ],
    )
    assert.ok(entries.every(({ by }: { by: string }) => by === 'api:tracked'))
    assert.match(JSON.stringify(entries), /maxRecords 0 to 7/)
    for (const { json } of [key, rotated, token]) assert.ok(!JSON.stringify(entries).includes(json.secret))
    const first = (await admin('GET', '/v1/audit?by=tracked&limit=4')).json
    const rest = (await admin('GET', `/v1/audit?by=tracked&before=${first.next}`)).json
    assert.deepEqual([...first.entries, ...rest.entries], entries)
  })

  describe('pace', () => {
    it('429 for an address that sends wrong tokens, but not for tokens that were right', async () => {
      const wrong = async () => (await as('zonelog_wrong')('GET', '/v1/zones')).code
      const codes = new Set<string | undefined>()
      for (let turn = 0; turn < 30; turn++) codes.add(await wrong())
      assert.deepEqual([...codes], ['token-unknown', 'too-many-sign-ins'])
      assert.equal((await api.ask('GET', '/v1/zones')).status, 200)
      now += 60_000
      assert.equal(await wrong(), 'token-unknown')
    })

    it('429 for a token that asks too often, with the time to wait', async () => {
      requestsPerSecond = 1
      const app = buildApi({
        admin: api.admin,
        requestsPerSecond,
        health: () => api.health,
        peers: async () => [],
      } as unknown as ApiContext)
      const headers = { authorization: `Bearer ${api.token}` }
      const ask = async () => await app.inject({ method: 'GET', url: '/v1/me', headers })
      for (let turn = 0; turn < 10; turn++) assert.equal((await ask()).statusCode, 200)
      const refused = await ask()
      assert.deepEqual([refused.statusCode, refused.json().code], [429, 'too-many-requests'])
      assert.equal(refused.headers['retry-after'], '1')
      now += 1_000
      assert.equal((await ask()).statusCode, 200)
      await app.close()
    })
  })

  it('the command line makes, lists and revokes them, and says what it may do itself', async () => {
    const port = await freePort()
    await listenApi(api.app, { host: '127.0.0.1', port })
    const url = { ZONELOG_API_URL: `http://127.0.0.1:${port}` }
    const run = (line: string, token = api.token) =>
      runCli(line.split(' '), { ...url, ZONELOG_API_TOKEN: token })
    const made = await run('token create by-cli --role operator --zone a.test --zone b.test --expires 90d')
    assert.equal(made.status, 0, made.err)
    const secret = made.out.trim()
    assert.match(made.err, /not shown again/)
    assert.match((await run('token list')).out, /by-cli +operator +active +a\.test\., b\.test\./)
    assert.match((await run('token show', secret)).out, /role +operator\nzones +a\.test\., b\.test\.\n/)
    assert.match((await run('zone delete a.test --yes', secret)).err, /needs the role admin/)
    assert.match((await run('audit --subject token --name by-cli')).out, /api:first +token +by-cli +created/)
    assert.equal((await run('token revoke by-cli')).status, 0)
    const after = await run('zone list', secret)
    assert.notEqual(after.status, 0)
    assert.match(after.err, /was revoked/)
    assert.match((await run('token revoke by-clj')).err, /did you mean by-cli\?/)
  })
})

describe('TLS of the admin API', () => {
  it('is believed by the command line that knows the authority, and takes a new certificate without a restart', async (test) => {
    const authority = await TestAuthority.make()
    const folder = temporaryFolder('api-tls')
    const tls = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
    const use = async (name: string) => {
      const { cert, key } = await authority.sign(name)
      await copyFile(cert, tls.certFile)
      await copyFile(key, tls.keyFile)
    }
    await use('one')
    const certificate = await readCertificate(tls)
    const app = buildApi({
      admin: { log: silentLogger(), now: Date.now },
      certificate,
    } as unknown as ApiContext)
    const port = await freePort()
    await listenApi(app, { host: '127.0.0.1', port })
    const stop = renewCertificate(app.server as never, tls, silentLogger())
    test.after(async () => {
      stop()
      await app.close()
    })
    const environment = { ZONELOG_API_URL: `https://127.0.0.1:${port}` }
    const alone = await runCli(['status'], environment)
    assert.match(alone.err, /not reachable \((SELF_SIGNED|UNABLE_TO)/)
    const { connect } = await import('node:tls')
    const ca = await readFile(authority.ca)
    const commonName = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connect({ port, host: '127.0.0.1', ca }, () => {
          resolve(String(socket.getPeerCertificate().subject.CN))
          socket.destroy()
        }).on('error', reject)
      })
    assert.equal(await commonName(), 'one')
    await use('two')
    await until('the new certificate is used', async () => (await commonName()) === 'two')
    const known = await runCli(['status'], { ...environment, ZONELOG_API_CA: authority.ca })
    assert.match(known.err, /There is no API token/)
  })

  it('is refused with half of it, or with files that do not fit', async () => {
    assert.throws(() => loadConfig({ ZONELOG_API_TLS_CERT: '/x' }), /set both, or none/)
    await assert.rejects(readCertificate({ certFile: '/none', keyFile: '/none' }), ConfigError)
  })

  it('that lacks on an address of other machines is said loudly, once', async () => {
    const lines: string[] = []
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
    const app = buildApi({ admin: { log: silentLogger(), now: Date.now } } as unknown as ApiContext)
    await listenApi(app, { host: '0.0.0.0', port: await freePort() }, log)
    assert.equal(lines.length, 1)
    assert.match(lines[0]!, /WITHOUT TLS/)
    await app.close()
  })
})
