import { join } from 'node:path'
import { stopPostgres } from '../../services/local/embedded-postgres.ts'
import { startNats, stopNats } from '../../services/local/nats-server.ts'
import { indexNext } from '../../services/zone-writer/history/catch-up.ts'
import { allZones, inTransaction } from '../../services/zone-writer/store/admin-zones.ts'
import { countNext } from '../../services/zone-writer/store/event-counts.ts'
import { connectDatabase } from '../../shared/database/connect.ts'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import { AdminApi } from '../../test/support/admin-api.ts'
import { freePort, temporaryFolder } from '../../test/support/infrastructure.ts'
import { toolPath } from '../../test/support/programs.ts'
import { ServiceProcess } from '../../test/support/service-process.ts'
import { endWithUs } from '../../test/support/temporary.ts'
import { until } from '../../test/support/until.ts'
import { peakOf } from '../memory.ts'
import { nodeOptions } from '../node-options.ts'
import { ZONE } from '../zone-file.ts'
import { KEY, SIGNED_ZONE } from './cases.ts'
import { checkRoom, fillHistory } from './fill-history.ts'
import { ownPostgres, type UpdatedServer, type ZoneFiles } from './servers.ts'
import type { SystemSetup } from './systems.ts'

const PARTITIONS = 16
const EVENTS_AT_ONCE = 5_000
/** Of a large zone, whose first event is indexed in one transaction. */
const LONGEST_MS = 900_000

/**
 * Edges on one port, writers, nats-server and Postgres, all of their own, on their defaults, with a line of the log for each update. The zones are there, indexed and counted, and the edges
 * hold them; writers have started since. With a history asked for, of whatever length, the background verifier is off: it would look at all of it during the measurement.
 */
export async function startZonelog(
  setup: SystemSetup,
  zones: ZoneFiles,
  say: (line: string) => void,
): Promise<UpdatedServer> {
  const dataDir = temporaryFolder('bench')
  const { history } = setup
  checkRoom(dataDir, history ?? 0)
  const postgres = await ownPostgres(dataDir)
  const nats = await startNats({
    program: toolPath('nats-server'),
    home: join(dataDir, 'nats'),
    port: await freePort(),
    logFile: join(dataDir, 'nats.log'),
  })
  endWithUs(nats.child.pid)
  await migrateToLatest(postgres.url)
  const services = new Services({
    ZONELOG_DATA_DIR: dataDir,
    ZONELOG_DATABASE_URL: postgres.url,
    ZONELOG_NATS_URL: nats.url,
    ZONELOG_PARTITIONS: String(PARTITIONS),
    ...(history === undefined ? {} : { ZONELOG_VERIFY_SHARE: '0' }),
  })
  await services.startWriter()
  await createZones(services.api, zones)
  say('has the zones')
  await catchUp(postgres.url)
  say(`has indexed them; the writer had ${peakOf(services.writers[0]!.pid)} MiB at most`)
  // what those that are measured have in memory is not left over from reading zone files
  await services.stop()
  if (history !== undefined && history > 0) await fillHistory(postgres.url, ZONE, history, say)
  while (services.writers.length < setup.writers) await services.startWriter()
  await services.share()
  const port = await freePort()
  for (let count = 0; count < setup.edges; count++) await services.startEdge(port, setup.edges > 1)
  return {
    name: setup.name,
    port,
    parts: new Map([
      ['edge', services.edges.map(({ pid }) => pid)],
      ['writer', services.writers.map(({ pid }) => pid)],
      ['NATS', [nats.child.pid]],
      ['Postgres', [postgres.child.pid]],
    ]),
    stop: async () => {
      await services.stop()
      await stopNats(nats.child)
      await stopPostgres(postgres.child)
    },
  }
}

/** The processes of one system that are ours. */
class Services {
  private readonly common: Readonly<Record<string, string>>
  private apis: AdminApi[] = []
  writers: ServiceProcess[] = []
  edges: ServiceProcess[] = []

  constructor(common: Readonly<Record<string, string>>) {
    this.common = common
  }

  get api(): AdminApi {
    return this.apis[0]!
  }

  async startWriter(): Promise<void> {
    const port = await freePort()
    const environment = {
      ...this.common,
      ...nodeOptions('WRITER'),
      ZONELOG_API_LISTEN: `127.0.0.1:${port}`,
      ZONELOG_WRITER_ID: `bench-${this.writers.length}`,
    }
    const logFile = join(this.common.ZONELOG_DATA_DIR!, `writer-${this.writers.length}.log`)
    const writer = new ServiceProcess('writer', environment, { logFile })
    this.writers.push(await writer.ready(port))
    const tokenFile = join(this.common.ZONELOG_DATA_DIR!, 'api-token')
    this.apis.push(AdminApi.withTokenFile(`http://127.0.0.1:${port}`, tokenFile))
  }

  /** Until each writer has its part of the partitions. */
  async share(): Promise<void> {
    const least = Math.floor(PARTITIONS / this.writers.length)
    await until(
      'each writer has its partitions',
      async () => {
        const held = await Promise.all(this.apis.map((api) => api.partitions()))
        return held.flat().length === PARTITIONS && held.every(({ length }) => length >= least)
      },
      120_000,
    )
  }

  async startEdge(port: number, sharesPort: boolean): Promise<void> {
    const httpPort = await freePort()
    const environment = {
      ...this.common,
      ...nodeOptions('EDGE'),
      ZONELOG_DNS_LISTEN: `127.0.0.1:${port}`,
      ZONELOG_DNS_SHARE_PORT: sharesPort ? 'yes' : 'no',
      ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      ZONELOG_EDGE_ID: `bench-${this.edges.length}`,
      // as in service, and as other servers, it holds the zones that are updated
      ZONELOG_EDGE_PRELOAD: 'yes',
    }
    const logFile = join(this.common.ZONELOG_DATA_DIR!, `edge-${this.edges.length}.log`)
    const edge = new ServiceProcess('edge', environment, { logFile })
    this.edges.push(edge)
    await edge.ready(httpPort, LONGEST_MS)
  }

  async stop(): Promise<void> {
    for (const service of [...this.edges, ...this.writers]) await service.stop()
    this.edges = []
    this.writers = []
    this.apis = []
  }
}

async function createZones(api: AdminApi, zones: ZoneFiles): Promise<void> {
  await api.post('/v1/keys', { ...KEY, algorithm: 'hmac-sha256' })
  for (const [zone, file] of zones) {
    const allowUpdate = zone === SIGNED_ZONE ? KEY.name : '127.0.0.1'
    const query = new URLSearchParams({ allowUpdate, allowTransfer: '127.0.0.1' })
    const headers = { 'content-type': 'text/dns' }
    const answer = await api.fetch(`/v1/zones/${zone}?${query}`, { method: 'PUT', body: file, headers })
    if (!answer.ok) throw new Error(`${zone} was not made: ${answer.status} ${await answer.text()}`)
  }
}

/** What a writer derives from events in the background, a quarter of its time, is done at once. */
async function catchUp(url: string): Promise<void> {
  const { db, close } = connectDatabase(url, { name: 'bench', size: 2, statementMs: LONGEST_MS })
  try {
    for (const { id, name } of await allZones(db)) {
      for (let [at, before] = [0, -1]; at !== before; ) [before, at] = [at, await indexNext(db, id, name)]
      while ((await inTransaction(db, (trx) => countNext(trx, id, EVENTS_AT_ONCE))) > 0);
    }
  } finally {
    await close()
  }
}
