import { createConnection } from 'node:net'
import { precede } from '../../services/local/precedence.ts'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import { KnotServer } from '../../test/conformance/knot-server.ts'
import { readExposition } from '../../test/monitoring/exposition.ts'
import { AdminApi } from '../../test/support/admin-api.ts'
import { BindServer } from '../../test/support/bind.ts'
import { createDatabase, freePort, temporaryFolder, testNats } from '../../test/support/infrastructure.ts'
import { NsdServer } from '../../test/support/nsd.ts'
import { ServiceProcess } from '../../test/support/service-process.ts'
import { until } from '../../test/support/until.ts'
import { nodeOptions } from '../node-options.ts'
import { ZONE } from '../zone-file.ts'

/** A server of the zone, to be measured. */
export interface MeasuredServer {
  readonly name: string
  readonly port: number
  /** Processes that answer; what they start counts as well. */
  readonly pids: readonly number[]
  /** What each of them has answered so far, where they count it. */
  answered(): Promise<readonly number[]>
  stop(): Promise<unknown>
}

export const PEERS = ['bind', 'knot', 'nsd'] as const
export type Peer = (typeof PEERS)[number]

/** Each with one thread or process for answers, as an edge has. */
export async function startPeer(peer: Peer, file: string): Promise<MeasuredServer> {
  const files = new Map([[`${ZONE}.`, file]])
  const server =
    peer === 'bind'
      ? await BindServer.withZoneFiles(files, 'minimal-responses no-auth; minimal-any yes;')
      : peer === 'knot'
        ? await KnotServer.withZoneFiles(files)
        : await NsdServer.withZoneFiles(files, '  rrl-ratelimit: 0\n  minimal-responses: yes')
  return {
    name: peer,
    port: server.address.port,
    pids: [server.pid],
    answered: async () => [],
    stop: () => server.stop(),
  }
}

export interface EdgeOptions {
  /** So many share one port. */
  readonly count: number
  readonly settings: Readonly<Record<string, string>>
  /** How they go before the other services, as those of `zonelog start` do; 0: not. */
  readonly nice: number
}

/** The whole system in processes of its own. */
export async function startZonelog(
  file: string,
  { count, settings, nice }: EdgeOptions,
): Promise<MeasuredServer> {
  const [database, nats, apiPort, port] = [
    await createDatabase(),
    await testNats(),
    await freePort(),
    await freePort(),
  ]
  await migrateToLatest(database.url)
  const dataDir = temporaryFolder('bench')
  const common = { ZONELOG_DATA_DIR: dataDir, ZONELOG_NATS_URL: nats.url, ZONELOG_LOG_LEVEL: 'warn' }
  const writer = new ServiceProcess('writer', {
    ...common,
    ZONELOG_DATABASE_URL: database.url,
    ZONELOG_API_LISTEN: `127.0.0.1:${apiPort}`,
  })
  await writer.ready(apiPort)
  const api = AdminApi.withTokenFile(`http://127.0.0.1:${apiPort}`, `${dataDir}/api-token`)
  await api.createZone(ZONE, { file, allowUpdate: ['127.0.0.1'] })
  const running: ServiceProcess[] = []
  const httpPorts: number[] = []
  for (let number = 0; number < count; number++) {
    const httpPort = await freePort()
    httpPorts.push(httpPort)
    const edge = new ServiceProcess('edge', {
      ...common,
      ZONELOG_DNS_LISTEN: `127.0.0.1:${port}`,
      ZONELOG_DNS_SHARE_PORT: 'yes',
      ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      ZONELOG_EDGE_ID: `bench-${number}`,
      ...nodeOptions('EDGE'),
      ...settings,
    })
    if (nice !== 0 && !precede(edge.pid, nice))
      console.error('edges share processors equally with all else: only root may let them go before it')
    running.push(await edge.ready(httpPort))
  }
  await until('the edge listens', () => listens(port))
  const stop = async () => {
    for (const service of [...running, writer]) await service.stop()
    await nats.stop()
    await database.drop()
  }
  const name = count === 1 ? 'zonelog' : `zonelog, ${count} edges`
  const answered = () => Promise.all(httpPorts.map(queriesAnswered))
  return { name, port, pids: running.map(({ pid }) => pid), answered, stop }
}

/** By an edge, over any transport, with any rcode. */
async function queriesAnswered(httpPort: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${httpPort}/metrics`)
  return readExposition(await answer.text())
    .filter(({ name }) => name === 'zonelog_edge_queries_total')
    .reduce((sum, { value }) => sum + value, 0)
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
