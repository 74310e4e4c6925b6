import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import { CatalogBucket } from '../../services/zone-writer/catalog/bucket.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { EVENTS_STREAM } from '../../shared/messaging/subjects.ts'
import type { AdminApi } from '../support/admin-api.ts'
import type { TestSystem } from '../support/system.ts'

/** One change; the place of `dryRun` is the query where there is no JSON body. */
interface Change {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: object | string
  /** Fields that differ from one time to the next. */
  readonly but?: readonly string[]
  /** Whether it makes one, which its answer holds. */
  readonly secret?: true
}

/** What each answer of a change that makes a secret holds, and never that of one that was only tried. */
const SECRETS = ['secret', 'clause', 'token']

const FILE = '$TTL 300\n@ SOA ns1 host 1 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n'
const RULE = 'grant tried. zonesub ANY'
const ROUTER = { name: 'router', hosts: ['home.dry.test'] }
const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
const PUBLIC_KEY = `sig0.test. IN KEY 512 3 15 ${Buffer.from(x!, 'base64url').toString('base64')}`

/** Each rests on those before it. */
export const CHANGES: readonly Change[] = [
  { method: 'POST', path: '/zones', body: { name: 'dry.test', allowUpdate: ['192.0.2.0/24'] }, but: ['id'] },
  { method: 'PUT', path: '/zones/dry-file.test?allowUpdate=192.0.2.1', body: FILE, but: ['id'] },
  { method: 'PUT', path: '/zones/dry.test/contents', body: `${FILE}www A 192.0.2.9\n` },
  { method: 'POST', path: '/zones/dry.test/rules', body: { rules: [RULE], at: 1 } },
  { method: 'PUT', path: '/zones/dry.test/rules', body: { rules: [RULE, 'deny * zonesub ANY'] } },
  { method: 'DELETE', path: '/zones/dry.test/rules/2' },
  { method: 'PATCH', path: '/zones/dry.test', body: { settings: { maxRecords: 9 } } },
  { method: 'PATCH', path: '/zones/dry.test', body: { transfers: { notify: ['192.0.2.53'] } } },
  { method: 'DELETE', path: '/zones/dry-file.test' },
  { method: 'POST', path: '/keys', body: { name: 'dry' }, but: ['id'], secret: true },
  { method: 'POST', path: '/keys', body: { name: 'sig0.test', publicKey: PUBLIC_KEY } },
  { method: 'DELETE', path: '/keys/sig0.test' },
  { method: 'PATCH', path: '/keys/dry', body: { expiresAt: '2099-01-31T00:00:00Z', leastMac: 16 } },
  {
    method: 'POST',
    path: '/keys/dry/rotate',
    body: { overlapSeconds: 600 },
    but: ['id', 'retiring'],
    secret: true,
  },
  { method: 'POST', path: '/keys/dry/update-tokens', body: ROUTER, but: ['createdAt'], secret: true },
  { method: 'DELETE', path: '/keys/dry/update-tokens/router' },
  { method: 'POST', path: '/keys/dry/revoke', body: {} },
  { method: 'DELETE', path: '/keys/dry?force=true' },
  {
    method: 'POST',
    path: '/tokens',
    body: { name: 'dry', role: 'viewer' },
    but: ['createdAt'],
    secret: true,
  },
  { method: 'DELETE', path: '/tokens/dry' },
]

/** None can be made. */
export const REFUSED: readonly Change[] = [
  { method: 'POST', path: '/zones/dry.test/rules', body: { rules: ['grant nonsense'] } },
  { method: 'POST', path: '/zones/dry.test/leases/hold', body: { name: 'www.dry.test' } },
  { method: 'POST', path: '/keys', body: { name: 'dry', algorithm: 'hmac-md5' } },
  { method: 'PATCH', path: '/keys/dry', body: { expiresAt: null } },
  { method: 'POST', path: '/keys/dry/rotate', body: {} },
  { method: 'POST', path: '/keys/dry/revoke', body: {} },
  { method: 'DELETE', path: '/keys/dry' },
  { method: 'POST', path: '/keys/dry/update-tokens', body: ROUTER },
  { method: 'DELETE', path: '/keys/dry/update-tokens/router' },
  { method: 'POST', path: '/tokens', body: { name: 'dry', role: 'viewer' } },
  { method: 'DELETE', path: '/tokens/none' },
]

/** Its refusal, tried and in earnest. */
export async function refusals(api: AdminApi, change: Change) {
  return [await send(api, change, true), await send(api, change, false)].map(({ status, text }) => {
    const { code, detail } = JSON.parse(text)
    return { status, code, detail }
  })
}

/** Tries the change, sees that nothing came of it, and makes it. */
export async function triesAndMakes(
  { system, api }: { system: TestSystem; api: AdminApi },
  change: Change,
): Promise<void> {
  const before = await everythingOf(system)
  const tried = await send(api, change, true)
  assert.ok(tried.status < 300, tried.text)
  const { dryRun, ...said } = JSON.parse(tried.text)
  assert.equal(dryRun, true)
  const after = await everythingOf(system)
  for (const [place, was] of before)
    assert.ok(isDeepStrictEqual(after.get(place), was), `${place} is as before`)
  const made = await send(api, change, false)
  assert.equal(made.status, tried.status, made.text)
  const result = JSON.parse(made.text)
  for (const secret of SECRETS) assert.ok(!(secret in said), secret)
  assert.equal(
    SECRETS.some((secret) => secret in result),
    change.secret ?? false,
  )
  for (const field of [...SECRETS, ...(change.but ?? [])])
    for (const each of [said, result]) delete each[field]
  assert.deepEqual(said, result)
  assert.ok(!isDeepStrictEqual(await everythingOf(system), before), 'the change changes something')
}

async function send(api: AdminApi, { method, path, body }: Change, dryRun: boolean) {
  const inBody = typeof body === 'object'
  const query = dryRun && !inBody ? `${path.includes('?') ? '&' : '?'}dryRun=true` : ''
  const answer = await api.fetch(`/v1${path}${query}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: inBody ? JSON.stringify({ ...body, ...(dryRun && { dryRun }) }) : body }),
    headers: body === undefined ? {} : { 'content-type': inBody ? 'application/json' : 'text/dns' },
  })
  return { status: answer.status, text: await answer.text() }
}

const TABLES = [
  ...['rrset', 'zone_event', 'tsig_key', 'tsig_secret', 'key_change', 'sig0_key', 'update_token'],
  ...['update_rule', 'rule_change', 'audit', 'leased_value'],
]

/** All that changes are kept in, told, and known by; what writers do in the background is not among it. */
export async function everythingOf({ connection, nats }: TestSystem): Promise<Map<string, unknown>> {
  const places = new Map<string, unknown>()
  const read = async (name: string, without: string) => {
    const { rows } = await sql<{ row: string }>`
      select (to_jsonb(t) - ${without}::text)::text as row from ${sql.table(name)} t order by 1`.execute(
      connection.db,
    )
    places.set(name, rows)
  }
  for (const name of TABLES) await read(name, '')
  await read('zone', 'published_seq')
  await read('api_token', 'last_used_at')
  const own = await connectNats(nats.url, 'test', silentLogger())
  try {
    const entries = await (await CatalogBucket.open(own)).readAll()
    places.set('the catalog', [...entries].map(([key, { text }]) => `${key} ${text}`).toSorted())
    const { state } = await (await own.jetstreamManager()).streams.info(EVENTS_STREAM)
    places.set('the event stream', state.last_seq)
  } finally {
    await own.close()
  }
  return places
}
