import { join } from 'node:path'
import { startEdge } from '../../services/edge/context.ts'
import { startWriter } from '../../services/zone-writer/context.ts'
import { type Config, loadConfig } from '../../shared/config.ts'
import { connectDatabase, type DatabaseConnection } from '../../shared/database/connect.ts'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import { silentLogger } from '../../shared/log.ts'
import type { Service } from '../../shared/run-service.ts'
import { AdminApi } from './admin-api.ts'
import {
  createDatabase,
  freePort,
  type TestDatabase,
  type TestNats,
  temporaryFolder,
  testNats,
} from './infrastructure.ts'

/** An edge of the system under test. */
export interface RunningEdge extends Service {
  readonly port: number
  readonly httpPort: number
}

export interface RunningWriter extends Service {
  readonly apiPort: number
}

/** A real Postgres database, a real nats-server, and as many writers and edges of this process as a test asks for. */
export class TestSystem {
  readonly database: TestDatabase
  readonly nats: TestNats
  readonly dataDir: string
  readonly environment: Record<string, string>
  readonly connection: DatabaseConnection
  private readonly services = new Set<Service>()
  private pipelined: DatabaseConnection | undefined

  private constructor(database: TestDatabase, nats: TestNats) {
    this.database = database
    this.nats = nats
    this.dataDir = temporaryFolder('data')
    this.environment = {
      ZONELOG_DATA_DIR: this.dataDir,
      ZONELOG_DATABASE_URL: database.url,
      ZONELOG_NATS_URL: nats.url,
      ZONELOG_LOG_LEVEL: 'silent',
      // NS records of tests name addresses that belong to nobody here
      ZONELOG_NOTIFY: 'explicit',
    }
    this.connection = connectDatabase(database.url, { name: 'test', size: 4, statementMs: 60_000 })
  }

  /** Servers and schema; no service yet. */
  static async prepare(given: { nats?: TestNats; database?: TestDatabase } = {}): Promise<TestSystem> {
    const [database, nats] = await Promise.all([given.database ?? createDatabase(), given.nats ?? testNats()])
    if (given.database === undefined) await migrateToLatest(database.url)
    return new TestSystem(database, nats)
  }

  /** With one writer and one edge. */
  static async start(): Promise<{
    system: TestSystem
    api: AdminApi
    edge: RunningEdge
    writer: RunningWriter
  }> {
    const system = await TestSystem.prepare()
    const writer = await system.writer()
    const edge = await system.edge()
    return { system, writer, edge, api: system.api(writer) }
  }

  get db() {
    return this.connection.db
  }

  /** For the transactions that decide updates. */
  get commits() {
    this.pipelined ??= connectDatabase(this.database.url, {
      name: 'test commits',
      size: 4,
      statementMs: 60_000,
      prepares: true,
    })
    return this.pipelined.pool
  }

  async writer(
    more: Record<string, string> = {},
    times?: Parameters<typeof startWriter>[2],
  ): Promise<RunningWriter> {
    const apiPort = await freePort()
    const config = this.config({
      ZONELOG_API_LISTEN: `127.0.0.1:${apiPort}`,
      ZONELOG_WRITER_ID: `writer-${apiPort}`,
      ...more,
    })
    const service = this.track(await startWriter(config, silentLogger(), times))
    return { ...service, apiPort }
  }

  async edge(more: Record<string, string> = {}): Promise<RunningEdge> {
    const [port, httpPort] = [await freePort(), await freePort()]
    const config = this.config({
      ZONELOG_DNS_LISTEN: `127.0.0.1:${port}`,
      ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      ZONELOG_EDGE_ID: `edge-${port}`,
      ...more,
    })
    const service = this.track(await startEdge(config, silentLogger()))
    return { ...service, port, httpPort }
  }

  config(more: Record<string, string>): Config {
    return loadConfig({ ...this.environment, ...more }, this.dataDir)
  }

  api(writer: { apiPort: number }): AdminApi {
    return AdminApi.withTokenFile(`http://127.0.0.1:${writer.apiPort}`, join(this.dataDir, 'api-token'))
  }

  async close(): Promise<void> {
    for (const service of [...this.services].reverse()) await service.close()
    await this.connection.close()
    await this.pipelined?.close()
    await this.nats.stop()
    await this.database.drop()
  }

  private track<T extends Service>(service: T): T {
    const close = async () => {
      this.services.delete(tracked)
      await service.close()
    }
    const tracked = { ...service, close }
    this.services.add(tracked)
    return tracked
  }
}
