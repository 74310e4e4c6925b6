import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NatsConnection } from 'nats'
import { migrateToLatest } from '../../../shared/database/migrate.ts'
import type { TsigKey } from '../../../shared/dns/tsig.ts'
import { silentLogger } from '../../../shared/log.ts'
import { connectNats } from '../../../shared/messaging/connect.ts'
import { AdminApi } from '../../support/admin-api.ts'
import { keyOf } from '../../support/dns-client.ts'
import { freePort, temporaryFolder } from '../../support/infrastructure.ts'
import { until } from '../../support/until.ts'
import { DatabaseLine } from '../network/database-line.ts'
import { DatagramProxy } from '../network/datagram-proxy.ts'
import { Random } from '../random.ts'
import { publishStored } from '../stored-commands.ts'
import { Guard } from './guard.ts'
import { NatsCluster } from './nats-cluster.ts'
import { PostgresUnderFire } from './postgres.ts'
import { ServiceUnderFire } from './service.ts'

/** Of the stream of commands. */
export const PARTITIONS = 16

export interface DeploymentSize {
  readonly edges: number
  readonly writers: number
  readonly natsNodes: number
  readonly zones: number
  readonly standby: boolean
  /** Gives Postgres a small file system of its own, which can be filled. Needs root. */
  readonly ownDisk?: boolean
}

/** An edge and the network before it. */
export interface EdgeUnderFire {
  readonly service: ServiceUnderFire
  readonly index: number
  readonly port: number
  readonly httpPort: number
  readonly proxy: DatagramProxy
}

export interface WriterUnderFire {
  readonly service: ServiceUnderFire
  readonly index: number
  readonly apiPort: number
  readonly line: DatabaseLine
}

export interface ZoneUnderFire {
  readonly id: number
  /** With its final dot. */
  readonly name: string
}

export interface DeploymentOptions extends DeploymentSize {
  readonly seed: number
  /** Before each service's program, such as `--import` of a planted bug. */
  readonly nodeOptions?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly postgresSettings?: Readonly<Record<string, string>>
}

/** Everything that zonelog is in production, on 127.0.0.1, each part a process that can be killed. */
export class Deployment {
  readonly folder: string
  readonly postgres: PostgresUnderFire
  readonly cluster: NatsCluster
  readonly writers: readonly WriterUnderFire[]
  readonly edges: readonly EdgeUnderFire[]
  readonly nats: NatsConnection
  zones: readonly ZoneUnderFire[] = []
  key: TsigKey | undefined

  private constructor(parts: {
    folder: string
    postgres: PostgresUnderFire
    cluster: NatsCluster
    writers: readonly WriterUnderFire[]
    edges: readonly EdgeUnderFire[]
    nats: NatsConnection
  }) {
    this.folder = parts.folder
    this.postgres = parts.postgres
    this.cluster = parts.cluster
    this.writers = parts.writers
    this.edges = parts.edges
    this.nats = parts.nats
  }

  static async start(options: DeploymentOptions): Promise<Deployment> {
    const folder = temporaryFolder('fire')
    chmodSync(folder, 0o755) // Postgres may run as another user
    const guard = new Guard(folder)
    const [postgres, cluster] = await Promise.all([
      PostgresUnderFire.start(
        join(folder, 'postgres'),
        options.postgresSettings ?? {},
        guard,
        options.ownDisk ?? false,
      ),
      NatsCluster.start(join(folder, 'nats'), options.natsNodes, guard),
    ])
    await migrateToLatest(postgres.urlAt(postgres.port))
    if (options.standby) await postgres.addStandby()
    const common = {
      ZONELOG_DATA_DIR: join(folder, 'data'),
      ZONELOG_NATS_URL: cluster.url,
      ZONELOG_PARTITIONS: String(PARTITIONS),
      // all that a long run makes, which is compared with what Postgres has
      ZONELOG_EVENTS_MIB: '0',
      ZONELOG_NATS_REPLICAS: options.natsNodes >= 3 ? '3' : '1',
      ZONELOG_LOG_LEVEL: 'info',
      ZONELOG_NOTIFY: 'no',
      ...options.environment,
    }
    mkdirSync(common.ZONELOG_DATA_DIR, { mode: 0o700 })
    const parts = { folder, guard, common, nodeOptions: options.nodeOptions ?? [] }
    const writers = await Promise.all(indices(options.writers).map((index) => writer(index, postgres, parts)))
    const edges = await Promise.all(indices(options.edges).map((index) => edge(index, options.seed, parts)))
    const nats = await connectNats(cluster.url, 'chaos', silentLogger(), { firstTryMs: 30_000 })
    await publishStored(nats, Number(common.ZONELOG_NATS_REPLICAS))
    const deployment = new Deployment({ folder, postgres, cluster, writers, edges, nats })
    await deployment.startServices(options.zones)
    return deployment
  }

  /** Of a writer that answers. */
  api(): AdminApi {
    const writer = this.writers.find(({ service }) => service.isUp) ?? this.writers[0]!
    return AdminApi.withTokenFile(`http://127.0.0.1:${writer.apiPort}`, join(this.folder, 'data/api-token'))
  }

  async close(): Promise<void> {
    await this.nats.close()
    await Promise.all([...this.writers, ...this.edges].map(({ service }) => service.kill()))
    for (const { line } of this.writers) line.close()
    for (const { proxy } of this.edges) proxy.close()
    await Promise.all([this.cluster.stop(), this.postgres.stop()])
  }

  private async startServices(zones: number): Promise<void> {
    const [first, ...others] = this.writers
    first!.service.start() // makes the master key and the streams
    await first!.service.ready()
    for (const { service } of [...others, ...this.edges]) service.start()
    this.key = keyOf(await this.api().createKey('fire'))
    const made: ZoneUnderFire[] = []
    for (const index of indices(zones)) {
      // where there are several, the last is for what DHCP servers tell of addresses
      const isReverse = zones > 1 && index === zones - 1
      const name = isReverse ? '10.in-addr.arpa.' : `fire${index}.example.`
      const grants = { allowUpdate: ['127.0.0.0/8', 'fire'], allowTransfer: ['ip:127.0.0.1'] }
      made.push({ id: (await this.api().createZone(name, grants)).id, name })
    }
    this.zones = made
    for (const { service } of [...others, ...this.edges]) await service.ready()
    for (const { httpPort, service } of this.edges)
      await until(`${service.name} knows all zones`, async () => {
        const health = await (await fetch(`http://127.0.0.1:${httpPort}/healthz`)).json()
        return (health as { zones: { known: number } }).zones.known === zones
      })
  }
}

interface Parts {
  readonly folder: string
  readonly guard: Guard
  readonly common: Readonly<Record<string, string>>
  readonly nodeOptions: readonly string[]
}

async function writer(index: number, postgres: PostgresUnderFire, parts: Parts): Promise<WriterUnderFire> {
  const { folder, guard, common, nodeOptions } = parts
  const [apiPort, line] = [await freePort(), await DatabaseLine.to(postgres.port)]
  const name = `writer-${index}`
  const environment = {
    ...common,
    ZONELOG_WRITER_ID: name,
    ZONELOG_API_LISTEN: `127.0.0.1:${apiPort}`,
    ZONELOG_DATABASE_URL: postgres.urlAt(line.port),
  }
  const logFile = join(folder, `${name}.log`)
  const options = { command: 'writer', name, environment, healthPort: apiPort, logFile, nodeOptions } as const
  return { service: new ServiceUnderFire(options, guard), index, apiPort, line }
}

async function edge(index: number, seed: number, parts: Parts): Promise<EdgeUnderFire> {
  const { folder, guard, common, nodeOptions } = parts
  const [port, httpPort] = [await freePort(), await freePort()]
  const name = `edge-${index}`
  const environment = {
    ...common,
    ZONELOG_EDGE_ID: name,
    ZONELOG_DNS_LISTEN: `127.0.0.1:${port}`,
    ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
  }
  const logFile = join(folder, `${name}.log`)
  const options = { command: 'edge', name, environment, healthPort: httpPort, logFile, nodeOptions } as const
  const proxy = await DatagramProxy.to(port, Random.of(seed, `network of ${name}`))
  return { service: new ServiceUnderFire(options, guard), index, port, httpPort, proxy }
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
