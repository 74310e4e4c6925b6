import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ALL_SEEN } from '../../services/zone-writer/admin/access.ts'
import { whoCould } from '../../services/zone-writer/admin/rules/who-could.ts'
import { adminApi } from './fixture.ts'

let api: Awaited<ReturnType<typeof adminApi>>
let zone: string
let zones = 0
before(async () => {
  api = await adminApi()
  await api.ask('POST', '/v1/keys', { name: 'demo' })
})
after(() => api.close())
beforeEach(async () => {
  zone = `z${++zones}.test`
  await api.ask('POST', '/v1/zones', { name: zone })
})

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
async function ask(method: Method, path: string, body?: object) {
  const { status, text } = await api.ask(method, `/v1/zones/${zone}/rules${path}`, body)
  return { status, body: JSON.parse(text) }
}
const add = (rules: string[], more: object = {}) => ask('POST', '', { rules, ...more })
const rules = async (): Promise<string[]> => (await ask('GET', '')).body.rules

describe('update rules over the API', () => {
  it('are added at the end, or where it is said, in canonical form', async () => {
    assert.equal((await add(['grant demo  name WWW a'])).status, 201)
    await add(['grant demo zonesub TXT(2)', 'grant demo name @'])
    await add(['deny demo name secret ANY'], { at: 1 })
    assert.deepEqual(await rules(), [
      'deny demo name secret ANY',
      'grant demo name www A',
      'grant demo zonesub TXT(2)',
      'grant demo name @',
    ])
  })

  it('are removed by their position', async () => {
    await add(['grant demo name a A', 'grant demo name b A', 'grant demo name c A'])
    const { body } = await ask('DELETE', '/2')
    assert.deepEqual(body.changed, ['grant demo name b A'])
    assert.deepEqual(await rules(), ['grant demo name a A', 'grant demo name c A'])
  })

  it('are replaced as a whole', async () => {
    await add(['grant demo name a A'])
    assert.equal((await ask('PUT', '', { rules: ['grant demo name b A'] })).status, 200)
    assert.deepEqual(await rules(), ['grant demo name b A'])
    await ask('PUT', '', { rules: [] })
    assert.deepEqual(await rules(), [])
  })

  it('stay as they are when one cannot be read: which line, which word, what was expected', async () => {
    const { status, body } = await add(['grant demo name a A', 'grant demo nam b A'])
    assert.equal(status, 422)
    assert.equal(body.code, 'bad-rule')
    assert.match(body.errors[0].message, /'nam'; expected: one of name, .*did you mean name\?/)
    assert.equal(body.errors[0].line, 2)
    assert.deepEqual(await rules(), [])
  })

  it('stay as they are for a position that is not there', async () => {
    await add(['grant demo name a A'])
    assert.match((await ask('DELETE', '/2')).body.detail, /positions go from 1 to 1/)
    assert.match((await add(['grant demo name b A'], { at: 3 })).body.detail, /positions go from 1 to 2/)
    assert.equal((await rules()).length, 1)
  })

  it('are not repeated', async () => {
    await add(['grant demo name a A'])
    const { status, body } = await add(['grant demo. name A a'])
    assert.equal(status, 422)
    assert.match(body.detail, /would stand at 1 and at 2/)
  })

  it('may name a key that does not exist, with a warning', async () => {
    const { status, body } = await add(['grant dmeo name a A'])
    assert.equal(status, 201)
    assert.match(body.warnings[0], /no key dmeo yet, so the rule lets nobody in; did you mean demo\?/)
  })

  it("may let anyone in, with a warning: BIND's * is any key", async () => {
    assert.match((await add(['grant * name a A'])).body.warnings[0], /signed or not; '\*\.' is any key/)
    assert.deepEqual(
      (await add(['grant *. name a A', 'grant * self A', 'deny * name b ANY'])).body.warnings,
      [],
    )
  })

  it('are changed by one of two who looked at the same list', async () => {
    await add(['grant demo name a A', 'grant demo name b A'])
    const { version } = (await ask('GET', '')).body
    const both = await Promise.all([
      ask('DELETE', `/1?version=${version}`),
      ask('DELETE', `/1?version=${version}`),
    ])
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409])
    const late = both.find(({ status }) => status === 409)!.body
    assert.equal(late.code, 'rules-changed')
    assert.deepEqual(late.errors, [{ message: '1. grant demo name b A' }])
    assert.deepEqual(await rules(), ['grant demo name b A'])
  })

  it('remember who changed them, and what they were', async () => {
    await add(['grant demo name a A'])
    await ask('DELETE', '/1')
    const { changes } = (await ask('GET', '/changes')).body
    assert.deepEqual(
      changes.map(({ at, ...change }: { at: string }) => change),
      [
        { version: 2, by: 'api:first', change: 'removed', detail: 'at 1: grant demo name a A', rules: [] },
        {
          version: 1,
          by: 'api:first',
          change: 'added',
          detail: 'at 1: grant demo name a A',
          rules: ['grant demo name a A'],
        },
      ],
    )
  })

  it('of a zone that is not there are not found', async () => {
    zone = 'nowhere.test'
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', '/1'],
      ['GET', '/changes'],
    ] as const)
      assert.equal((await ask(method, path)).body.code, 'zone-not-found')
  })

  it('tell of everybody whom they mean whether they could change a name, in pages', async () => {
    for (const name of ['a.dyn', 'b.dyn', 'host']) await api.ask('POST', '/v1/keys', { name })
    const lines = [
      'deny demo name www MX',
      'grant demo subdomain @ A MX',
      'grant *.dyn zonesub A',
      'grant ip:192.0.2.0/24 name www A',
      'grant * name open ANY',
      'grant gone name www A',
    ]
    assert.equal((await add(lines)).status, 201)
    const who = async (asked: object) => {
      const { status, body } = await ask('POST', '/who-could', asked)
      assert.equal(status, 200, JSON.stringify(body))
      return body
    }
    const told = (askers: { identity: string; allowed: boolean }[]) =>
      askers.map(({ identity, allowed }) => `${identity} ${allowed ? 'may' : 'may not'}`)
    const all = await who({ name: 'www', type: 'A' })
    assert.deepEqual(told(all.askers), [
      ...['demo may', '*.dyn may', 'a.dyn. may', 'b.dyn. may', 'ip:192.0.2.0/24 may'],
      ...['anybody may not', 'gone may'],
    ])
    assert.equal(all.askers.at(-1).exists, false)
    assert.match(all.askers[0].sentence, /granted by rule 2/)
    const mail = await who({ name: 'www', type: 'MX' })
    assert.match(mail.askers[0].sentence, /rule 1/)
    const pages = [
      await who({ name: 'www', type: 'A', limit: 4 }),
      await who({ name: 'www', type: 'A', skip: 4 }),
    ]
    assert.deepEqual([pages[0].next, pages[1].next], [4, undefined])
    assert.deepEqual([...pages[0].askers, ...pages[1].askers], all.askers)
    assert.equal((await ask('POST', '/who-could', { name: 'www' })).status, 400)
    const asked = { name: 'www', type: 'A', limit: 10, skip: 0 }
    const gone = AbortSignal.abort(new Error('gone'))
    await assert.rejects(whoCould(api.db, zone, asked, ALL_SEEN, gone), /gone/)
  })

  it('are not so many that nobody understands them', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `grant demo name n${index} A`)
    assert.equal((await add(many)).status, 201)
    assert.match((await add(['grant demo name more A'])).body.detail, /can have 1000 rules/)
  })
})
