import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import type { NatsConnection } from 'nats'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { runCli } from '../cli/run-cli.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { addA, DnsClient, keyOf, query, signed, update } from '../support/dns-client.ts'
import { freePort, temporaryFolder } from '../support/infrastructure.ts'
import { ServiceProcess } from '../support/service-process.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

// Keys are used and misused with known secrets; then everything that zonelog wrote or said is searched for them.

const SECRETS = {
  created: randomBytes(32),
  rotated: randomBytes(48),
  revoked: randomBytes(16),
  refused: randomBytes(24),
  short: randomBytes(9),
  long: randomBytes(600),
}
const base64 = (name: keyof typeof SECRETS) => SECRETS[name].toString('base64')
/** Stands in everything that is searched, so that the search is known to find what is there. */
const MARKER = 'marker-of-this-test'

let system: TestSystem
let api: AdminApi
let nats: NatsConnection
let writer: ServiceProcess
let edge: ServiceProcess
let client: DnsClient
let ports: { api: number; http: number; dns: number }
const said: string[] = []
const messages: Buffer[] = []

before(async () => {
  system = await TestSystem.prepare()
  nats = await connectNats(system.nats.url, 'recorder', silentLogger())
  nats.subscribe('>', { callback: (_error, message) => messages.push(Buffer.from(message.data)) })
  ports = { api: await freePort(), http: await freePort(), dns: await freePort() }
  const environment = {
    ...system.environment,
    ZONELOG_LOG_LEVEL: 'debug',
    ZONELOG_API_LISTEN: `127.0.0.1:${ports.api}`,
    ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${ports.http}`,
    ZONELOG_DNS_LISTEN: `127.0.0.1:${ports.dns}`,
    ZONELOG_EDGE_ID: `edge-${MARKER}`,
  }
  writer = await new ServiceProcess('writer', environment).ready(ports.api)
  edge = await new ServiceProcess('edge', environment).ready(ports.http)
  api = system.api({ apiPort: ports.api })
  client = await DnsClient.to(ports.dns)
  await useAndMisuse()
})
after(async () => {
  client?.close()
  await Promise.all([edge?.stop(), writer?.stop()])
  await nats?.close()
  await system?.close()
})

async function useAndMisuse(): Promise<void> {
  const file = join(temporaryFolder('secret'), 'secret')
  await writeFile(file, `${base64('created')}\n`)
  await cli(0, 'key', 'create', MARKER, '--secret-file', file)
  await cli(0, 'key', 'create', 'ended', '--secret', base64('revoked'))
  await post('/v1/zones', { name: 'keys.test', allowUpdate: [MARKER] })
  await signs(MARKER, 'created')
  await cli(0, 'key', 'rotate', MARKER, '--secret', base64('rotated'))
  await signs(MARKER, 'rotated')
  await cli(0, 'key', 'set', MARKER, '--expires', '90d', '--least-mac', '16')

  // not as it should be
  await cli(4, 'key', 'rotate', MARKER, '--secret', base64('rotated'))
  await cli(3, 'key', 'rotate', 'nobody', '--secret', base64('refused'))
  await cli(4, 'key', 'create', MARKER, '--secret', base64('refused'))
  await cli(4, 'key', 'create', 'x', '--secret', `${base64('refused')}!`)
  await cli(4, 'key', 'create', 'x', '--secret', base64('short'))
  await cli(4, 'key', 'create', 'x', '--secret', base64('long'))
  await cli(4, 'key', 'create', 'x', '--secret', SECRETS.refused.toString('hex'), '--algorithm', 'hmac-none')
  await cli(4, 'key', 'create', 'x', '--secret', base64('refused'), '--expires', '2020-01-01')
  await cli(2, 'key', 'create', 'x', '--secret', base64('refused'), '--secret-file', file)
  await cli(2, 'key', 'create', 'x', '--secert', base64('refused'))
  await cli(2, 'key', 'create', 'x', '--secret', base64('refused'), '--secret', base64('refused'))
  await post('/v1/keys', { name: 'x', secret: [base64('refused'), 'x'] })
  await post('/v1/keys', { name: 'x', secret: { base64: base64('refused') } })
  await post('/v1/keys', { name: 'x', secrets: base64('refused') })
  await post('/v1/keys', { name: { is: 7 }, secret: base64('refused') })
  await post('/v1/keys', `{"name":"x","secret":"${base64('refused')}"`)
  await post('/v1/keys', `${base64('refused')}`)
  await post('/v1/keys/nobody/revoke', { secret: base64('refused') })

  // messages that are signed wrongly, in vain and with what is no more
  await sign(MARKER, 'refused')
  await sign('nobody', 'refused')
  await sign('ended', 'revoked', 'keys.test.')
  await client.send(signed(query('keys.test.', 'SOA'), keyNamed(MARKER, 'rotated'), 1))
  await cli(0, 'key', 'revoke', 'ended', '--force')
  await sign('ended', 'revoked')
  await cli(0, 'key', 'delete', 'ended')
  await cli(4, 'key', 'delete', MARKER)
  for (const path of [
    '/v1/keys',
    `/v1/keys/${MARKER}`,
    `/v1/keys/${MARKER}/usage`,
    '/v1/zones/keys.test/events',
  ])
    said.push(await (await api.fetch(path)).text())
  await until('the edge has reported', async () => {
    const [refusals, usage] = await Promise.all(
      ['/v1/refusals', `/v1/keys/${MARKER}/usage`].map(async (path) => await (await api.fetch(path)).text()),
    )
    const isThere = /badsig/.test(refusals!) && /127\.0\.0\.1/.test(usage!)
    if (isThere) said.push(refusals!, usage!)
    return isThere
  })
}

/** What a command says is searched, but for a new secret that its owner asked for. */
async function cli(status: number, ...argv: string[]): Promise<void> {
  const environment = { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token }
  const result = await runCli(argv, environment)
  assert.equal(result.status, status, `${argv.slice(0, 3).join(' ')}: ${result.err}`)
  const showsSecret = status === 0 && /create|rotate/.test(argv[1]!)
  said.push(result.err, showsSecret ? '' : result.out)
}

async function post(path: string, body: object | string): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  said.push(await (await api.fetch(path, { method: 'POST', headers, body: text })).text())
}

function keyNamed(name: string, secret: keyof typeof SECRETS) {
  return keyOf({ name: `${name}.`, algorithm: 'hmac-sha256', secret: base64(secret) })
}

async function sign(name: string, secret: keyof typeof SECRETS, zone = 'keys.test.') {
  const message = update({ zone, updates: [addA(`${MARKER}.${zone}`, '192.0.2.1')] })
  return await client.rcode(signed(message, keyNamed(name, secret)))
}

const signs = (name: string, secret: keyof typeof SECRETS) =>
  until('the edge knows the secret', async () => (await sign(name, secret)) === 'NOERROR')

/** The forms in which a secret could stand somewhere, bytea as Postgres prints it included. */
async function forms(): Promise<[string, string][]> {
  const masterKey = await readFile(join(system.dataDir, 'master.key'), 'utf8')
  const secrets = { ...SECRETS, master: Buffer.from(masterKey, 'base64') }
  return Object.entries(secrets).flatMap(([name, octets]): [string, string][] => {
    const text = octets.toString('base64').replaceAll('=', '')
    return [
      [`${name} in base64`, text],
      [`${name} in base64url`, octets.toString('base64url')],
      [`${name} in hex`, octets.toString('hex')],
      [`${name} as it is`, octets.toString('latin1')],
      [`${name}, base64 as octets`, Buffer.from(text).toString('hex')],
    ]
  })
}

async function search(where: string, texts: readonly string[]): Promise<void> {
  const found = texts.some(
    (text) => text.includes(MARKER) || text.includes(Buffer.from(MARKER).toString('hex')),
  )
  assert.ok(found, `${where} holds nothing of this test`)
  for (const [form, needle] of await forms())
    for (const text of texts) {
      const at = text.includes(needle) || text.toLowerCase().includes(needle)
      assert.ok(!at, `${where} holds the secret ${form}: ${text}`)
    }
  for (const text of texts) assert.ok(!text.includes(api.token), `${where} holds the API token`)
}

describe('no secret is found', () => {
  it('in what the API and the command line say, errors included', () => search('an answer', said))

  it('in the logs of edge and writer, at level debug', () => {
    assert.match(writer.log, /key changed/)
    return search('a log', [writer.log, edge.log])
  })

  it('in a message of NATS', async () => {
    await until('the catalog was heard', () => messages.some((message) => message.includes('"secrets":')))
    await search(
      'a message',
      messages.map((message) => message.toString('latin1')),
    )
  })

  it('in the metrics', async () => {
    const texts = await Promise.all(
      [ports.api, ports.http].map(
        async (port) => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
      ),
    )
    await search('a metric', [...texts, MARKER])
  })

  it('in a row of Postgres', async () => {
    const tables = await sql<{ name: string }>`
      select table_name as name from information_schema.tables where table_schema = 'public'`.execute(
      system.db,
    )
    assert.ok(tables.rows.length > 10)
    for (const { name } of tables.rows) {
      const rows = await sql<{ text: string }>`select t::text as text from ${sql.table(name)} t`.execute(
        system.db,
      )
      await search(`the table ${name}`, [...rows.rows.map((row) => row.text), MARKER])
    }
    const sealed = await sql<{ text: string }>`select t::text as text from tsig_secret t`.execute(system.db)
    assert.equal(sealed.rows.length, 2)
  })
})
