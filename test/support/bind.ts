import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, copyFile, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { freePort } from './infrastructure.ts'
import type { ServerAddress } from './nsupdate.ts'
import { toolPath } from './programs.ts'
import { endWithUs, temporaryFolder } from './temporary.ts'
import { until } from './until.ts'

/** Who may update which zone, in BIND's words. */
export interface UpdatePolicy {
  /** `key` clauses. */
  readonly keys: string
  /** `allow-update { any; };`, or an `update-policy`. */
  readonly clause: (zone: string) => string
  /** Who may transfer; anybody unless given. */
  readonly transfer?: string
}

const ANYBODY: UpdatePolicy = { keys: '', clause: () => 'allow-update { any; };' }

/** BIND's named, primary for zones that anybody may transfer, and update unless a policy says otherwise. */
export class BindServer {
  readonly address: ServerAddress
  /** Its named.conf. */
  readonly configFile: string
  private readonly child: ChildProcess
  private log = ''

  private constructor(child: ChildProcess, address: ServerAddress, configFile: string) {
    this.child = child
    this.configFile = configFile
    this.address = address
    // a test that failed before it could stop named must still end
    child.unref()
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk) => {
        this.log += chunk
      })
      ;(stream as Socket).unref()
    }
  }

  static withZone(zone: string, zoneFile: string): Promise<BindServer> {
    return BindServer.withZones([zone], zoneFile)
  }

  /** Each zone starts with the same file. */
  static withZones(
    zones: readonly string[],
    zoneFile: string,
    policy: UpdatePolicy = ANYBODY,
  ): Promise<BindServer> {
    return BindServer.withZoneFiles(new Map(zones.map((zone) => [zone, zoneFile])), '', policy)
  }

  /** `options` go into its options clause. */
  static async withZoneFiles(
    files: ReadonlyMap<string, string>,
    options = '',
    policy: UpdatePolicy = ANYBODY,
  ): Promise<BindServer> {
    const folder = temporaryFolder('named')
    const address = { host: '127.0.0.1', port: await freePort() }
    for (const [zone, file] of files) await writeFile(join(folder, `${zone}zone`), file)
    const text = configuration([...files.keys()], folder, address, options, policy)
    const configFile = join(folder, 'named.conf')
    await writeFile(configFile, text)
    // some systems confine the installed program, by its path, to the system's own folders
    const program = join(folder, 'named')
    await copyFile(toolPath('named'), program)
    await chmod(program, 0o755)
    const child = spawn(program, ['-g', '-n', '1', '-c', configFile], { detached: true })
    endWithUs(child.pid!)
    const server = new BindServer(child, address, configFile)
    await until('named runs', () => {
      if (child.exitCode !== null) throw new Error(`named has ended: ${server.log}`)
      return server.log.includes(' running\n')
    })
    return server
  }

  get pid(): number {
    return this.child.pid!
  }

  /** What it has logged since the last call. */
  takeLog(): string {
    const log = this.log
    this.log = ''
    return log
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill('SIGTERM')
    await ended
  }
}

function configuration(
  zones: readonly string[],
  folder: string,
  { host, port }: ServerAddress,
  options: string,
  { keys, clause, transfer = 'allow-transfer { any; };' }: UpdatePolicy,
): string {
  const clauses = zones.map(
    (zone) => `
    zone "${zone}" {
      type primary;
      file "${folder}/${zone}zone";
      ${clause(zone)}
      ${transfer}
    };`,
  )
  // everything that is BIND's own policy and not RFC 2136 is off
  return `
    ${keys}
    options {
      directory "${folder}";
      pid-file none;
      session-keyfile "${folder}/session.key";
      managed-keys-directory "${folder}";
      listen-on port ${port} { ${host}; };
      listen-on-v6 { none; };
      recursion no;
      dnssec-validation no;
      empty-zones-enable no;
      notify no;
      transfers-out 1000;
      check-names primary ignore;
      check-integrity no;
      check-mx ignore;
      check-spf ignore;
      ${options}
    };
    controls { };
    ${clauses.join('')}
  `
}
