import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunningPostgres, startPostgres, stopPostgres } from '../../services/local/embedded-postgres.ts'
import { startNats, stopNats } from '../../services/local/nats-server.ts'
import { migrateToLatest } from '../../shared/database/migrate.ts'
import { AdminApi } from '../../test/support/admin-api.ts'
import { freePort, temporaryFolder } from '../../test/support/infrastructure.ts'
import { toolPath } from '../../test/support/programs.ts'
import { ServiceProcess } from '../../test/support/service-process.ts'
import { endWithUs } from '../../test/support/temporary.ts'
import { nodeOptions } from '../node-options.ts'
import { KEY, SIGNED_ZONE } from './cases.ts'

/** A server that takes updates, as durable as it is when nobody has told it otherwise. */
export interface UpdatedServer {
  readonly name: string
  readonly port: number
  /** What it is made of, each with the process that started all of it. */
  readonly parts: ReadonlyMap<string, readonly number[]>
  stop(): Promise<void>
}

export type ZoneFiles = ReadonlyMap<string, string>

/** edge, writer, nats-server and Postgres, all of their own, on their defaults. */
export async function startZonelog(zones: ZoneFiles): Promise<UpdatedServer> {
  const dataDir = temporaryFolder('bench')
  const postgres = await ownPostgres(dataDir)
  const nats = await startNats({
    program: toolPath('nats-server'),
    home: join(dataDir, 'nats'),
    port: await freePort(),
    logFile: join(dataDir, 'nats.log'),
  })
  endWithUs(nats.child.pid)
  await migrateToLatest(postgres.url)
  const [port, apiPort, httpPort] = [await freePort(), await freePort(), await freePort()]
  const common = { ZONELOG_DATA_DIR: dataDir, ZONELOG_NATS_URL: nats.url, ZONELOG_LOG_LEVEL: 'warn' }
  const writer = new ServiceProcess('writer', {
    ...common,
    ...nodeOptions('WRITER'),
    ZONELOG_DATABASE_URL: postgres.url,
    ZONELOG_API_LISTEN: `127.0.0.1:${apiPort}`,
  })
  await writer.ready(apiPort)
  const edge = new ServiceProcess('edge', {
    ...common,
    ...nodeOptions('EDGE'),
    ZONELOG_DNS_LISTEN: `127.0.0.1:${port}`,
    ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
  })
  await edge.ready(httpPort)
  const api = AdminApi.withTokenFile(`http://127.0.0.1:${apiPort}`, `${dataDir}/api-token`)
  await api.post('/v1/keys', { ...KEY, algorithm: 'hmac-sha256' })
  for (const [zone, file] of zones)
    await api.createZone(zone, {
      file,
      allowUpdate: [zone === SIGNED_ZONE ? KEY.name : '127.0.0.1'],
      allowTransfer: ['127.0.0.1'],
    })
  return {
    name: 'zonelog',
    port,
    parts: new Map([
      ['edge', [edge.pid]],
      ['writer', [writer.pid]],
      ['NATS', [nats.child.pid]],
      ['Postgres', [postgres.child.pid]],
    ]),
    stop: async () => {
      await edge.stop()
      await writer.stop()
      await stopNats(nats.child)
      await stopPostgres(postgres.child)
    },
  }
}

/** A Postgres with its defaults: fsync and synchronous_commit are on. */
export async function ownPostgres(folder: string): Promise<RunningPostgres> {
  await chmod(folder, 0o755) // as root, the server runs as another user
  const postgres = await startPostgres({
    home: join(folder, 'postgres'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    say: () => {},
  })
  endWithUs(postgres.child.pid)
  return postgres
}

export async function startBind(zones: ZoneFiles): Promise<UpdatedServer> {
  const folder = temporaryFolder('named')
  const port = await freePort()
  const clauses = await Promise.all(
    [...zones].map(async ([zone, text]) => {
      const file = join(folder, `${zone}.zone`)
      await writeFile(file, text)
      const who = zone === SIGNED_ZONE ? `key "${KEY.name}"` : '127.0.0.1'
      return `zone "${zone}" { type primary; file "${file}"; allow-update { ${who}; }; };`
    }),
  )
  // some systems confine the installed program, by its path, to the system's own folders
  const program = join(folder, 'named')
  await copyFile(toolPath('named'), program)
  await chmod(program, 0o755)
  const config = `
key "${KEY.name}" { algorithm hmac-sha256; secret "${KEY.secret}"; };
options { directory "${folder}"; pid-file none; session-keyfile "${folder}/session.key"; managed-keys-directory "${folder}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; notify no; dnssec-validation no;
  empty-zones-enable no; allow-transfer { 127.0.0.1; }; };
controls { };
${clauses.join('\n')}
`
  await writeFile(join(folder, 'named.conf'), config)
  return started(
    'BIND',
    port,
    launch(program, ['-f', '-c', join(folder, 'named.conf'), '-L', join(folder, 'log')]),
  )
}

export async function startKnot(zones: ZoneFiles): Promise<UpdatedServer> {
  const folder = temporaryFolder('knot')
  const port = await freePort()
  await mkdir(join(folder, 'run'))
  for (const [zone, text] of zones) await writeFile(join(folder, `${zone}.zone`), text)
  const listed = [...zones.keys()].map(
    (zone) =>
      `  - domain: ${zone}\n    file: "${folder}/${zone}.zone"\n    acl: ${zone === SIGNED_ZONE ? '[signed, everybody]' : 'plain'}`,
  )
  const config = `
server:
    rundir: "${folder}/run"
    listen: 127.0.0.1@${port}
log:
  - target: "${folder}/log"
    any: info
database:
    storage: "${folder}"
key:
  - id: ${KEY.name}
    algorithm: hmac-sha256
    secret: ${KEY.secret}
acl:
  - id: plain
    address: 127.0.0.1
    action: [update, transfer]
  - id: signed
    address: 127.0.0.1
    key: ${KEY.name}
    action: update
  - id: everybody
    address: 127.0.0.1
    action: transfer
template:
  - id: default
    storage: "${folder}"
zone:
${listed.join('\n')}
`
  await writeFile(join(folder, 'knot.conf'), config)
  return started('Knot', port, launch(toolPath('knotd'), ['-c', join(folder, 'knot.conf')]))
}

export function launch(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore', detached: true })
  endWithUs(child.pid!)
  child.unref()
  return child
}

export function started(name: string, port: number, child: ChildProcess): UpdatedServer {
  return {
    name,
    port,
    parts: new Map([[name, [child.pid!]]]),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.ref()
      child.kill('SIGTERM')
      await ended
    },
  }
}
