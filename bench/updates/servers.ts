import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunningPostgres, startPostgres } from '../../services/local/embedded-postgres.ts'
import { Rcode } from '../../shared/dns/codes.ts'
import { DnsClient, query } from '../../test/support/dns-client.ts'
import { freePort, temporaryFolder } from '../../test/support/infrastructure.ts'
import { toolPath } from '../../test/support/programs.ts'
import { endWithUs } from '../../test/support/temporary.ts'
import { until } from '../../test/support/until.ts'
import { KEY, SIGNED_ZONE } from './cases.ts'

/** A server that takes updates, as durable as it is when nobody has told it otherwise. */
export interface UpdatedServer {
  readonly name: string
  readonly port: number
  /** What it is made of, each with its processes; what these started counts with them. */
  readonly parts: ReadonlyMap<string, readonly number[]>
  stop(): Promise<void>
}

export type ZoneFiles = ReadonlyMap<string, string>

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
    # the journal is what lasts; else Knot would write a large zone's file again and again
    zonefile-sync: -1
zone:
${listed.join('\n')}
`
  await writeFile(join(folder, 'knot.conf'), config)
  return started('Knot', port, launch(toolPath('knotd'), ['-c', join(folder, 'knot.conf')]))
}

const READY_MS = 300_000

/** Until a server answers for each of its zones, which it may have to read first. */
export async function answersForAll(
  { name, port }: Pick<UpdatedServer, 'name' | 'port'>,
  zones: ZoneFiles,
): Promise<void> {
  const client = await DnsClient.to(port)
  try {
    for (const zone of zones.keys())
      await until(
        `${name} answers for ${zone}`,
        async () => (await client.send(query(`${zone}.`, 'SOA'), 500))?.header.rcode === Rcode.NOERROR,
        READY_MS,
      )
  } finally {
    client.close()
  }
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
