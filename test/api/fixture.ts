import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { ensureCheckpointKey } from '../../services/zone-writer/admin/checkpoint-key.ts'
import type { AdminContext } from '../../services/zone-writer/admin/context.ts'
import { readPrivateFile } from '../../services/zone-writer/admin/private-file.ts'
import { ensureFirstToken } from '../../services/zone-writer/admin/tokens/first-token.ts'
import { longReads } from '../../services/zone-writer/api/answer-in-turn.ts'
import { buildApi } from '../../services/zone-writer/api/build-api.ts'
import type { WriterHealth } from '../../services/zone-writer/health.ts'
import { loadConfig } from '../../shared/config.ts'
import { connectDatabase } from '../../shared/database/connect.ts'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import type { ZoneEvent } from '../../shared/events/zone-event.ts'
import { silentLogger } from '../../shared/log.ts'
import { type MasterKeyPlaces, MasterKeys } from '../../shared/secrets/master-keys.ts'
import type { MasterKey } from '../../shared/secrets/sealed.ts'
import { watchAnswers } from '../support/described-answers.ts'
import { createDatabase, temporaryFolder } from '../support/infrastructure.ts'

export const NOBODY = { by: 'system', source: { address: '127.0.0.1', port: 0 } } as const

/** An empty database with the newest schema, and the administration on it; what it tells the edges is only noted. */
export async function administration() {
  const database = await createDatabase()
  await migrateToLatest(database.url)
  const { db, close } = connectDatabase(database.url, { name: 'test', size: 4, statementMs: 60_000 })
  const published: ZoneEvent[] = []
  const rings = new Set<() => void>()
  const admin: AdminContext = {
    db,
    log: silentLogger(),
    masterKeys: MasterKeys.read(masterKeyPlaces()),
    publisher: {
      publish: async (events) => {
        published.push(...events)
        for (const ring of rings) ring()
      },
      publishNotice: async () => {},
    },
    catalog: {
      zoneChanged: async () => {},
      keyChanged: async () => {},
      updateTokenChanged: async () => {},
      everythingChanged: async () => {},
    },
    writerId: 'writer-of-tests',
    now: Date.now,
  }
  return { admin, db, databaseUrl: database.url, published, rings, close }
}

/** A present key, and a place for the next where none is. */
export function masterKeyPlaces(folder = temporaryFolder('master-keys')): MasterKeyPlaces {
  const key = randomBytes(32) as Uint8Array as MasterKey
  return {
    present: { kind: 'variable', key, variable: 'ZONELOG_MASTER_KEY' },
    next: { kind: 'file', file: join(folder, 'master.key.next'), variable: 'ZONELOG_NEXT_MASTER_KEY_FILE' },
  }
}

export const HEALTHY: WriterHealth = {
  status: 'ok',
  live: true,
  ready: true,
  accepting: true,
  problems: [],
  postgres: { breaker: 'closed', answers: true },
  nats: { connected: true },
  partitions: [0, 1, 2, 3],
}

export const METRICS_TOKEN = 'token-for-metrics'

/** Behind a proxy of 10.0.0.0/8, which tests ask from by `remoteAddress`. */
function reachedFrom() {
  const { metricsAccess, trustedProxies: proxies } = loadConfig({
    ZONELOG_METRICS_TOKEN: METRICS_TOKEN,
    ZONELOG_TRUSTED_PROXIES: '10.0.0.0/8',
  })
  return { metricsAccess, proxies }
}

/** The admin API in front of {@link administration}, with its first token. */
export async function adminApi(
  change: (admin: AdminContext) => AdminContext = (admin) => admin,
  { stallMs = 30_000 } = {},
) {
  const { admin: plain, db, databaseUrl, published, rings, close } = await administration()
  const streams = connectDatabase(databaseUrl, { name: 'test streams', size: 6, statementMs: 60_000 })
  const admin = change(plain)
  const health = { ...HEALTHY }
  const apiTokenFile = join(temporaryFolder('token'), 'api-token')
  await ensureFirstToken(db, { apiToken: undefined, apiTokenGiven: false, apiTokenFile }, admin.log)
  const token = (await readPrivateFile(apiTokenFile))!
  const signingKey = await ensureCheckpointKey(db, admin.masterKeys, undefined, admin.log)
  const app = buildApi({
    admin,
    longReads: longReads(streams.db),
    stallMs,
    registry: new Registry(),
    ...reachedFrom(),
    health: () => health,
    secondaries: async () => [],
    queue: { partitions: 4, waiting: async () => new Map() },
    serverVersions: async () => ({ postgres: '17.2' }),
    peers: async () => [{ role: 'edge', id: 'edge-of-tests', listens: '127.0.0.1:5300' }],
    requestsPerSecond: 0,
    allEvents: async function* () {},
    sendCommand: async () => 'refused',
    commandTtlMs: 10_000,
    whenEvent: (_zoneId, ring) => {
      rings.add(ring)
      return () => void rings.delete(ring)
    },
    masterKeyHolders: async () => [],
    fetchAnew: async () => {},
    signingKey,
    believedKeys: signingKey.public,
  })
  const undescribed = watchAnswers(app)
  const ask = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object) => {
    const answer = await app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { payload: body }),
    })
    return { status: answer.statusCode, type: String(answer.headers['content-type']), text: answer.body }
  }
  return {
    admin,
    app,
    db,
    token,
    apiTokenFile,
    health,
    published,
    ask,
    close: async () => {
      await app.close()
      await streams.close()
      await close()
      assert.deepEqual(undescribed, [], 'answers are as the OpenAPI document describes them')
    },
  }
}

export async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
