import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { freePort } from './infrastructure.ts'
import type { ServerAddress } from './nsupdate.ts'
import { toolPath } from './programs.ts'
import { endWithUs, temporaryFolder } from './temporary.ts'
import { until } from './until.ts'

/** NLnet Labs' nsd, which serves zones from files. */
export class NsdServer {
  readonly address: ServerAddress
  private readonly child: ChildProcess
  private log = ''

  private constructor(child: ChildProcess, address: ServerAddress) {
    this.child = child
    this.address = address
    // a test that failed before it could stop nsd must still end
    child.unref()
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk) => {
        this.log += chunk
      })
      ;(stream as Socket).unref()
    }
  }

  /** `options` are further lines of its `server:` clause. */
  static async withZoneFiles(files: ReadonlyMap<string, string>, options = ''): Promise<NsdServer> {
    const folder = temporaryFolder('nsd')
    const address = { host: '127.0.0.1', port: await freePort() }
    for (const [zone, file] of files) await writeFile(join(folder, `${zone}zone`), file)
    await writeFile(join(folder, 'nsd.conf'), configuration([...files.keys()], folder, address, options))
    const child = spawn(toolPath('nsd'), ['-d', '-c', join(folder, 'nsd.conf')], { detached: true })
    endWithUs(child.pid!)
    const server = new NsdServer(child, address)
    await until('nsd has started', () => {
      if (child.exitCode !== null) throw new Error(`nsd has ended: ${server.log}`)
      return /nsd started/.test(server.log)
    })
    return server
  }

  get pid(): number {
    return this.child.pid!
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
): string {
  return `
server:
  ip-address: ${host}@${port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: ""
  xfrdfile: "${folder}/xfrd.state"
  xfrdir: "${folder}"
  zonelistfile: "${folder}/zone.list"
  verbosity: 1
${options}
remote-control:
  control-enable: no
${zones.map((zone) => `zone:\n  name: ${zone}\n  zonefile: ${zone}zone\n`).join('')}`
}
