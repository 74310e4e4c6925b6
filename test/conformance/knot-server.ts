import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Name } from '../../shared/dns/name.ts'
import { freePort } from '../support/infrastructure.ts'
import type { ServerAddress } from '../support/nsupdate.ts'
import { toolPath } from '../support/programs.ts'
import { endWithUs, temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

/** Knot DNS, primary for zones that anybody may update and transfer. */
export class KnotServer {
  readonly address: ServerAddress
  /** Its knot.conf. */
  readonly configFile: string
  private readonly child: ChildProcess
  private log = ''

  private constructor(child: ChildProcess, address: ServerAddress, configFile: string) {
    this.child = child
    this.configFile = configFile
    this.address = address
    // a test that failed before it could stop knotd must still end
    child.unref()
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk) => {
        this.log += chunk
      })
      ;(stream as Socket).unref()
    }
  }

  /** Each zone starts with the same file. */
  static withZones(zones: readonly Name[], zoneFile: string): Promise<KnotServer> {
    return KnotServer.withZoneFiles(new Map(zones.map((zone) => [zone, zoneFile])))
  }

  /** `sections` replace those that let anybody in: `acl`, with an id `anybody`, and what it names. */
  static async withZoneFiles(files: ReadonlyMap<string, string>, sections = ANYBODY): Promise<KnotServer> {
    const zones = [...files.keys()]
    const folder = temporaryFolder('knot')
    const address = { host: '127.0.0.1', port: await freePort() }
    await mkdir(join(folder, 'run'))
    for (const [zone, file] of files) await writeFile(join(folder, `${zone}zone`), file)
    const configFile = join(folder, 'knot.conf')
    await writeFile(configFile, configuration(zones, folder, address, sections))
    const child = spawn(toolPath('knotd'), ['-c', configFile], { detached: true })
    endWithUs(child.pid!)
    const server = new KnotServer(child, address, configFile)
    await until('knotd has loaded its zones', () => {
      if (child.exitCode !== null) throw new Error(`knotd has ended: ${server.log}`)
      return server.log.split('loaded, serial').length > zones.length
    })
    return server
  }

  get pid(): number {
    return this.child.pid!
  }

  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.child
    if (exitCode !== null || signalCode !== null)
      throw new Error(`knotd has ended: ${exitCode ?? signalCode}`)
    const ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill('SIGTERM')
    await ended
  }
}

const ANYBODY = `acl:
  - id: anybody
    address: 127.0.0.1
    action: [update, transfer]`

function configuration(
  zones: readonly string[],
  folder: string,
  { host, port }: ServerAddress,
  sections: string,
): string {
  return `
server:
    rundir: "${folder}/run"
    listen: ${host}@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: "${folder}"
${sections}
template:
  - id: default
    storage: "${folder}"
    acl: anybody
    semantic-checks: off
    zonefile-sync: -1
    journal-content: changes
zone:
${zones.map((zone) => `  - domain: ${zone}\n    file: "${folder}/${zone}zone"\n`).join('')}`
}
