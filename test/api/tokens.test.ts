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
    let teamA: string
    before(async () => {
      teamA = (await create('team-a', { role: 'admin', zones: ['A.test', 'new.test'] })).secret
      ask = as(teamA)
    })
    const codeOf = async (method: Method, url: string, body?: object) => (await ask(method, url, body)).code
    const putZone = async (name: string) =>
      (
        await api.app.inject({
          method: 'PUT',
          url: `/v1/zones/${encodeURIComponent(name)}`,
          headers: { authorization: `Bearer ${teamA}`, 'content-type': 'text/dns' },
          payload: '',
        })
      ).json()

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
      const { code, json } = await ask('GET', `/v1/events/${events[0].eventId}`)
      assert.equal(code, 'event-not-found')
      assert.ok(!JSON.stringify(json).includes('b.test'), json.detail)
    })

    it('create and delete zones of theirs only, and no catalog zone', async () => {
      assert.equal(await codeOf('POST', '/v1/zones', { name: 'other.test' }), 'zone-lacking')
      assert.equal(await codeOf('POST', '/v1/zones', { name: 'new.test', isCatalog: true }), 'zone-lacking')
      assert.equal(await codeOf('POST', '/v1/zones/a.test/rebuild', { into: 'other.test' }), 'zone-lacking')
      // these are names of other zones, whatever they look like
      for (const name of ['a.test@5', 'x\\\\@5', 'a..b@5', '\\', 'a.test@']) {
        assert.equal(await codeOf('POST', '/v1/zones', { name }), 'zone-lacking', name)
        assert.equal(await codeOf('POST', '/v1/zones/a.test/rebuild', { into: name }), 'zone-lacking', name)
      }
      assert.equal((await putZone('a.test@5')).code, 'zone-lacking')
      assert.equal((await ask('POST', '/v1/zones', { name: 'new.test' })).status, 201)
      assert.equal((await ask('DELETE', '/v1/zones/new.test')).status, 200)
    })

    it('take NAME@ID for the zone whose name all of it is, where there is one', async () => {
      await api.ask('POST', '/v1/zones', { name: 'a.test@7' })
      assert.equal(await codeOf('GET', '/v1/zones/a.test@7'), 'zone-lacking')
      assert.equal(await codeOf('DELETE', '/v1/zones/a.test@7'), 'zone-lacking')
      await api.ask('DELETE', '/v1/zones/a.test@7')
      assert.equal(await codeOf('GET', '/v1/zones/a.test@7'), 'zone-not-found')
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

    describe('and keys', () => {
      let [attacker, victim]: ReturnType<typeof as>[] = []
      const rulesOf = (zone: string, rules: string[]) => api.ask('PUT', `/v1/zones/${zone}/rules`, { rules })
      before(async () => {
        await api.ask('POST', '/v1/zones', { name: 'victim.test' })
        attacker = as((await create('op-attacker', { role: 'operator', zones: ['a.test'] })).secret)
        victim = as((await create('op-victim', { role: 'operator', zones: ['victim.test'] })).secret)
      })
      const codes = async (who: ReturnType<typeof as>, names: readonly string[]) => {
        const found = []
        for (const name of names) {
          const { code, status } = await who('POST', '/v1/keys', { name })
          found.push(`${name} ${code ?? status}`)
          if (status === 201) await who('DELETE', `/v1/keys/${name}?force=true`)
        }
        return found
      }

      it('make none that a wildcard or self of another zone lets in', async () => {
        for (const [rule, refused, made] of [
          [
            'grant *.victim.test zonesub ANY',
            ['www.victim.test', 'a.b.victim.test'],
            ['victim.test', 'x.test'],
          ],
          ['grant *.victim.test+ip:192.0.2.0/24 zonesub ANY', ['www.victim.test'], ['x.test']],
          ['grant *. zonesub A', ['x.test', 'x'], []],
          ['grant * self A AAAA', ['www.victim.test', 'victim.test'], ['x.test', 'test']],
          ['grant * selfsub A', ['www.victim.test', 'test'], ['x.test']],
          ['grant * selfwild A', ['test'], ['x.test']],
          ['grant *. self A', ['www.victim.test'], ['x.test']],
          ['grant * zonesub TXT', [], ['www.victim.test']],
          ['grant * tcp-self PTR', [], ['www.victim.test']],
          ['deny *. zonesub ANY', [], ['www.victim.test']],
        ] as const) {
          assert.equal((await rulesOf('victim.test', [rule])).status, 200, rule)
          assert.deepEqual(
            await codes(attacker!, [...refused, ...made]),
            [...refused.map((name) => `${name} zone-lacking`), ...made.map((name) => `${name} 201`)],
            rule,
          )
        }
        const publicKey = 'www.victim.test. IN KEY 512 3 13 AAAA'
        await rulesOf('victim.test', ['grant *.victim.test zonesub ANY'])
        assert.equal(
          (await attacker!('POST', '/v1/keys', { name: 'www.victim.test', publicKey })).code,
          'zone-lacking',
        )
        assert.deepEqual(await codes(victim!, ['www.victim.test']), ['www.victim.test 201'])
      })

      it('give nobody a new secret or an update token of a key that a wildcard of another zone lets in', async () => {
        await api.ask('POST', '/v1/keys', { name: 'www.victim.test' })
        await rulesOf('a.test', ['grant www.victim.test zonesub ANY', 'grant of-a zonesub ANY'])
        await rulesOf('victim.test', ['grant *.victim.test zonesub ANY'])
        const key = '/v1/keys/www.victim.test'
        assert.equal((await attacker!('GET', key)).status, 200)
        for (const [method, url, body] of [
          ['POST', `${key}/rotate`, {}],
          ['PATCH', key, { expiresAt: null }],
          ['POST', `${key}/update-tokens`, { name: 'x', hosts: ['www.victim.test'] }],
        ] as const)
          assert.equal((await attacker!(method, url, body)).code, 'zone-lacking', url)
        assert.equal((await attacker!('POST', `${key}/revoke`, { force: true })).status, 200)
        await api.ask('DELETE', `${key}?force=true`)
      })

      it('name in rules and transfers none that they do not see, as if it were not there', async () => {
        assert.equal((await victim!('POST', '/v1/keys', { name: 'victim-key' })).status, 201)
        assert.equal(
          (await victim!('POST', '/v1/zones/victim.test/rules', { rules: ['grant victim-key zonesub ANY'] }))
            .status,
          201,
        )
        const named = async (key: string) => {
          const answers = []
          for (const [method, url, body] of [
            ['POST', '/v1/zones/a.test/rules', { rules: [`grant ${key} zonesub ANY`] }],
            ['POST', '/v1/zones/a.test/rules', { rules: [`deny ${key}+ip:192.0.2.0/24 name www A`] }],
            ['PUT', '/v1/zones/a.test/rules', { rules: [`grant ${key} zonesub ANY`] }],
            [
              'POST',
              '/v1/zones/a.test/rules/import',
              { text: `zone "a.test" { update-policy { grant ${key} zonesub ANY; }; };` },
            ],
            ['PATCH', '/v1/zones/a.test', { transfers: { allowTransfer: [key] } }],
            ['PATCH', '/v1/zones/a.test', { transfers: { notify: [`${key}+192.0.2.1`] } }],
          ] as const) {
            const { code, json } = await attacker!(method, url, body)
            answers.push([code, JSON.stringify(json).replaceAll(key, 'KEY')])
          }
          for (const body of [{ allowUpdate: [key] }, { allowTransfer: [key] }]) {
            const { code, json } = await ask('POST', '/v1/zones', { name: 'new.test', ...body })
            answers.push([code, JSON.stringify(json).replaceAll(key, 'KEY')])
          }
          return answers
        }
        const there = await named('victim-key')
        assert.deepEqual([...new Set(there.map(([code]) => code))], ['unknown-key'])
        assert.deepEqual(await named('victim-kez'), there)
        for (const rule of ['grant *. zonesub ANY', 'grant *.victim.test self A'])
          assert.equal(
            (await attacker!('POST', '/v1/zones/a.test/rules', { rules: [rule] })).code,
            'unknown-key',
          )
        const inside = { rules: ['grant *.a.test self A', 'grant * self TXT', 'grant of-a name x A'] }
        assert.equal((await attacker!('POST', '/v1/zones/a.test/rules', inside)).status, 201)
      })

      it('are not seen, nor held, by whoever names them all the same', async () => {
        await api.ask('POST', '/v1/zones/a.test/rules', { rules: ['grant victim-key name y A'] })
        for (const path of ['', '/usage', '/update-tokens'])
          assert.equal((await attacker!('GET', `/v1/keys/victim-key${path}`)).code, 'zone-lacking', path)
        const { json } = await attacker!('GET', '/v1/keys')
        assert.ok(!JSON.stringify(json).includes('victim-key'))
        await api.ask('POST', '/v1/zones/a.test/rules', { rules: ['grant no-such-key name y A'] })
        const asked = { name: 'y', type: 'A' }
        const { askers } = (await attacker!('POST', '/v1/zones/a.test/rules/who-could', asked)).json
        const exists = (key: string) =>
          askers.find(({ identity }: { identity: string }) => identity === key).exists
        assert.deepEqual(['victim-key', 'no-such-key', 'of-a'].map(exists), [undefined, false, true])
        const shown = (await victim!('GET', '/v1/keys/victim-key')).json
        assert.deepEqual(shown.namedBy, [
          'victim.test. rule 2: grant victim-key zonesub ANY',
          '1 in zones that the token is not for',
        ])
        assert.equal((await victim!('POST', '/v1/keys/victim-key/rotate', {})).status, 200)
        const revoked = await victim!('POST', '/v1/keys/victim-key/revoke', { force: true })
        assert.equal(revoked.status, 200)
        assert.ok(!JSON.stringify(revoked.json).includes('a.test'))
      })

      it('that are shared show what is their own: no rules, clients, changes and tokens of others', async () => {
        for (const [name, host] of [
          ['at-a', 'www.a.test'],
          ['at-b', 'www.b.test'],
        ])
          await api.ask('POST', '/v1/keys/of-both/update-tokens', { name, hosts: [host] })
        await api.ask('POST', '/v1/zones/a.test/rules', { rules: ['grant of-both zonesub ANY'] })
        const shown = await ask('GET', '/v1/keys/of-both')
        assert.ok(!JSON.stringify(shown.json).includes('b.test'), JSON.stringify(shown.json))
        assert.deepEqual(shown.json.changes, [])
        assert.equal(await codeOf('GET', '/v1/keys/of-both/usage'), 'zone-lacking')
        const { tokens } = (await ask('GET', '/v1/keys/of-both/update-tokens')).json
        assert.deepEqual(
          tokens.map(({ name }: { name: string }) => name),
          ['at-a'],
        )
      })

      it('that are named and not there bring no hint at those of others', async () => {
        await api.ask('POST', '/v1/zones/a.test/rules', { rules: ['grant of-nona zonesub ANY'] })
        const { code, json } = await ask('GET', '/v1/keys/of-nona')
        assert.deepEqual([code, json.detail], ['key-not-found', 'There is no key of-nona. here.'])
        const added = await ask('POST', '/v1/zones/a.test/rules', { rules: ['grant of-nona name z A'] })
        assert.ok(!JSON.stringify(added.json.warnings).includes('of-none'), JSON.stringify(added.json))
        const transfers = { allowTransfer: ['of-nona'] }
        const set = await ask('PATCH', '/v1/zones/a.test', { transfers })
        assert.equal(set.code, 'unknown-key')
        assert.ok(!JSON.stringify(set.json).includes('of-none'), JSON.stringify(set.json))
      })
    })

    it('are told the count of their own zones and events', async () => {
      const status = async (who: typeof ask) => {
        const { zones, events } = (await who('GET', '/v1/status')).json
        return { zones, events }
      }
      const own = await status(ask)
      assert.equal(own.zones, 1)
      const all = await status(as(api.token))
      assert.ok(all.zones > own.zones && all.events > own.events)
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

    it('not for tokens that have ended: one old script shuts out nobody', async () => {
      const { secret } = await create('old-script', { role: 'viewer' })
      await api.ask('DELETE', '/v1/tokens/old-script')
      const codes = new Set<string | undefined>()
      for (let turn = 0; turn < 30; turn++) codes.add((await as(secret)('GET', '/v1/zones')).code)
      assert.deepEqual([...codes], ['token-revoked'])
      assert.equal(
        (await as((await create('new-here', { role: 'viewer' })).secret)('GET', '/v1/me')).status,
        200,
      )
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

  describe('of streams', () => {
    it('end them when they end, and have 20 at once', async (test) => {
      let ring = () => {}
      const app = buildApi({
        admin: api.admin,
        requestsPerSecond: 0,
        stallMs: 30_000,
        proxies: [],
        whenEvent: (_zone: number, call: () => void) => {
          ring = call
          return () => {}
        },
      } as unknown as ApiContext)
      const url = await app.listen({ host: '127.0.0.1', port: 0 })
      const gone = new AbortController()
      test.after(async () => {
        gone.abort()
        await app.close()
      })
      const { secret } = await create('watcher', { role: 'viewer', zones: ['b.test'] })
      const headers = { authorization: `Bearer ${secret}` }
      const follow = () => fetch(`${url}/v1/zones/b.test/events/follow`, { headers, signal: gone.signal })
      const first = await follow()
      assert.match(String(first.headers.get('content-type')), /^application\/x-ndjson/)
      for (let turn = 1; turn < 20; turn++) assert.equal((await follow()).status, 200)
      const refused = await follow()
      assert.equal(refused.status, 429)
      assert.match(String(refused.headers.get('retry-after')), /^\d+$/)
      await refused.text()
      await api.ask('DELETE', '/v1/tokens/watcher')
      now += 6_000
      let text: string | undefined
      void first.text().then((whole) => {
        text = whole
      })
      await api.app.inject({
        method: 'PUT',
        url: '/v1/zones/b.test/contents',
        headers: { authorization: `Bearer ${api.token}`, 'content-type': 'text/dns' },
        payload: '@ 300 IN SOA ns1 host 9 3600 600 86400 300\n@ 300 IN NS ns1\nns1 300 IN A 192.0.2.77\n',
      })
      ring()
      await until('the stream has ended', () => text !== undefined)
      assert.ok(!text!.includes('192.0.2.77'), text)
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
