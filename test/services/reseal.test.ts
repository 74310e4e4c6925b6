import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { copyFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { masterKeyFrom } from '../../shared/secrets/master-key-file.ts'
import { type MasterKey, open, tsigSecretPurpose } from '../../shared/secrets/sealed.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { DnsClient, keyOf, query, signed } from '../support/dns-client.ts'
import { freePort, temporaryFolder } from '../support/infrastructure.ts'
import { ServiceProcess } from '../support/service-process.ts'
import { type RunningWriter, TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

// Secrets are sealed anew while everything runs, step by step as docs/keys.md says. Each process has a folder of its own.

type Secret = { name: string; algorithm: string; secret: string }

let system: TestSystem
let writers: RunningWriter[]
let apis: AdminApi[]
let clients: DnsClient[]
const folders = { w1: '', w2: '', e1: '', e2: '' }
const presentOf = (machine: keyof typeof folders) => join(folders[machine], 'master.key')
const nextOf = (machine: keyof typeof folders) => `${presentOf(machine)}.next`
const keyFile = (machine: keyof typeof folders) => ({ ZONELOG_MASTER_KEY_FILE: presentOf(machine) })

before(async () => {
  system = await TestSystem.prepare()
  for (const machine of Object.keys(folders) as (keyof typeof folders)[])
    folders[machine] = temporaryFolder(machine)
  const first = await system.writer(keyFile('w1')) // makes the master key
  for (const machine of ['w2', 'e1', 'e2'] as const) await copyFile(presentOf('w1'), presentOf(machine))
  writers = [first, await system.writer(keyFile('w2'))]
  apis = writers.map((writer) => system.api(writer))
  const edges = [await system.edge(keyFile('e1')), await system.edge(keyFile('e2'))]
  clients = await Promise.all(edges.map(({ port }) => DnsClient.to(port)))
  await apis[0]!.createZone('keys.test')
})
after(async () => {
  for (const client of clients ?? []) client.close()
  await system?.close()
})

const takes = async (client: DnsClient, key: Secret) =>
  (await client.rcode(signed(query('keys.test.', 'SOA'), keyOf(key)))) === 'NOERROR'
const knownTo = (some: DnsClient[], ...keys: Secret[]) =>
  until('the edges know the keys', async () => {
    for (const client of some) for (const key of keys) if (!(await takes(client, key))) return false
    return true
  })
const create = async (api: AdminApi) =>
  (await api.post('/v1/keys', { name: `k${randomBytes(4).toString('hex')}` })) as Secret
const reseal = async (api: AdminApi, body: object = {}) => {
  const headers = { 'content-type': 'application/json' }
  const answer = await api.fetch('/v1/master-key/reseal', {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  return { status: answer.status, text: await answer.text() }
}
/** How many secrets in the database this key opens, and how many there are. */
async function opened(key: MasterKey): Promise<[number, number]> {
  const rows = await system.db.selectFrom('tsig_secret').select(['key_name', 'sealed']).execute()
  const mine = rows.filter(({ key_name, sealed }) => {
    try {
      return open(key, tsigSecretPurpose(key_name), sealed!).length > 0
    } catch {
      return false
    }
  })
  return [mine.length, rows.length]
}
async function newNext(...machines: (keyof typeof folders)[]): Promise<MasterKey> {
  const text = randomBytes(32).toString('base64')
  for (const machine of machines) await writeFile(nextOf(machine), `${text}\n`, { mode: 0o600 })
  return masterKeyFrom(text)!
}
const check = async () =>
  (await system.db.selectFrom('master_key_check').selectAll().executeTakeFirstOrThrow()).sealed

describe('sealing all secrets under a new master key', () => {
  let keys: Secret[]
  let next: MasterKey
  before(async () => {
    keys = await Promise.all([create(apis[0]!), create(apis[1]!)])
    await knownTo(clients, ...keys)
  })

  it('is refused while there is none, or while somebody lacks it, and changes nothing', async () => {
    assert.match((await reseal(apis[0]!)).text, /no next master key .*openssl rand -base64 32/)
    next = await newNext('w1', 'w2', 'e1')
    const before = await check()
    const refused = await reseal(apis[0]!)
    assert.equal(refused.status, 409)
    const { errors } = JSON.parse(refused.text) as { errors: { message: string }[] }
    assert.equal(errors.length, 1)
    assert.match(errors[0]!.message, /^edge edge-/)
    assert.ok((await check()).equals(before))
    assert.deepEqual(await opened(next), [0, 2])
    const looked = JSON.parse((await reseal(apis[0]!, { check: true })).text)
    assert.deepEqual([looked.isNext, looked.holders.length], [false, 4])
  })

  it('works once all have it, and no edge forgets a key', async () => {
    await copyFile(nextOf('w1'), nextOf('e2'))
    assert.deepEqual(
      (({ isNext, secrets }) => [isNext, secrets])(JSON.parse((await reseal(apis[0]!)).text)),
      [true, 2],
    )
    assert.deepEqual(await opened(next), [2, 2])
    for (const client of clients) for (const key of keys) assert.ok(await takes(client, key))
  })

  it('said again finds nothing to do', async () =>
    assert.equal(JSON.parse((await reseal(apis[1]!)).text).secrets, 0))

  it('is known to every writer: what each seals then, edges open', async () => {
    const young = await Promise.all(apis.map(create))
    await knownTo(clients, ...young)
    keys.push(...young)
    assert.deepEqual(await opened(next), [4, 4])
  })

  it('leaves an edge that starts with the old key only at one clear error', async () => {
    await rename(nextOf('e2'), join(folders.e2, 'kept'))
    await assert.rejects(system.edge(keyFile('e2')), /master\.key is not the one .* sealed under/)
    await rename(join(folders.e2, 'kept'), nextOf('e2'))
  })

  it('ends with the next key in the place of the present one, also for those that run', async () => {
    for (const machine of ['w1', 'w2', 'e1', 'e2'] as const) await rename(nextOf(machine), presentOf(machine))
    const edge = await system.edge(keyFile('e2'))
    const client = await DnsClient.to(edge.port)
    await knownTo([client], ...keys)
    await knownTo(clients, await create(apis[1]!))
    client.close()
    await edge.close()
  })
})

describe('a writer that is killed while it seals anew', () => {
  let key: Secret
  before(async () => {
    key = await create(apis[0]!)
    await knownTo(clients, key)
  })

  const killable = async () => {
    const apiPort = await freePort()
    const process = await new ServiceProcess('writer', {
      ...system.environment,
      ...keyFile('w1'),
      ZONELOG_API_LISTEN: `127.0.0.1:${apiPort}`,
      ZONELOG_WRITER_ID: `killed-${apiPort}`,
    }).ready(apiPort)
    return { process, api: system.api({ apiPort }) }
  }

  it('before it has committed leaves all as it was', async () => {
    const next = await newNext('w1', 'w2', 'e1', 'e2')
    const { process, api } = await killable()
    const before = await check()
    await system.db.transaction().execute(async (trx) => {
      await trx
        .selectFrom('tsig_secret')
        .select('id')
        .where('key_name', '=', `${key.name}`)
        .forUpdate()
        .execute()
      const asked = reseal(api).catch(() => undefined)
      await until('it waits for the last secret', async () => {
        const waiting = await system.db
          .selectFrom('pg_stat_activity' as never)
          .selectAll()
          .where('wait_event_type' as never, '=', 'Lock' as never)
          .where('query' as never, 'like', '%tsig_secret%' as never)
          .execute()
        return waiting.length > 0
      })
      await process.kill()
      await asked
    })
    assert.ok((await check()).equals(before))
    assert.equal((await opened(next))[0], 0)
    await knownTo(clients, key, await create(apis[1]!))
  })

  it('after it has committed leaves all secrets under the next key, and edges know them', async () => {
    const next = await newNext('w1', 'w2', 'e1', 'e2')
    const { process, api } = await killable()
    const before = await check()
    const asked = reseal(api).catch(() => undefined)
    await until('it has committed', async () => !(await check()).equals(before))
    await process.kill()
    await asked
    const [mine, all] = await opened(next)
    assert.equal(mine, all)
    await knownTo(clients, key, await create(apis[0]!))
    const edge = await system.edge(keyFile('e1'))
    const client = await DnsClient.to(edge.port)
    await knownTo([client], key)
    client.close()
    assert.equal(JSON.parse((await reseal(apis[1]!)).text).secrets, 0)
  })
})

describe('an edge that lacks the master key in force', () => {
  it('knows the keys as soon as it has it, without a restart', async () => {
    for (const machine of ['w1', 'w2', 'e1', 'e2'] as const) await rename(nextOf(machine), presentOf(machine))
    await newNext('w1', 'w2', 'e1')
    const key = await create(apis[0]!)
    await knownTo(clients, key)
    assert.equal((await reseal(apis[0]!)).status, 409)
    assert.equal((await reseal(apis[0]!, { force: true })).status, 200)
    await until('it has heard', async () => !(await takes(clients[1]!, key)))
    assert.ok(await takes(clients[0]!, key))
    await copyFile(nextOf('w1'), nextOf('e2'))
    await knownTo(clients, key)
  })
})
