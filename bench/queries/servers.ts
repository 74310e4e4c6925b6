import { createConnection } from 'node:net'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import { KnotServer } from '../../test/conformance/knot-server.ts'
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
  return { name: peer, port: server.address.port, pids: [server.pid], stop: () => server.stop() }
}

/** The whole system in processes of its own; `edges` of them share one port. */
export async function startZonelog(
  file: string,
  edges: number,
  settings: Record<string, string>,
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
  for (let count = 0; count < edges; count++) {
    const httpPort = await freePort()
    const edge = new ServiceProcess('edge', {
      ...common,
      ZONELOG_DNS_LISTEN: `127.0.0.1:${port}`,
      ZONELOG_DNS_SHARE_PORT: 'yes',
      ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      ZONELOG_EDGE_ID: `bench-${count}`,
      ...nodeOptions('EDGE'),
      ...settings,
    })
    running.push(await edge.ready(httpPort))
  }
  await until('the edge listens', () => listens(port))
  const stop = async () => {
    for (const service of [...running, writer]) await service.stop()
    await nats.stop()
    await database.drop()
  }
  const name = edges === 1 ? 'zonelog' : `zonelog, ${edges} edges`
  return { name, port, pids: running.map(({ pid }) => pid), stop }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
