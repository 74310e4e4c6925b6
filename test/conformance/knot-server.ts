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
  private readonly child: ChildProcess
  private log = ''

  private constructor(child: ChildProcess, address: ServerAddress) {
    this.child = child
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

  static async withZoneFiles(files: ReadonlyMap<string, string>): Promise<KnotServer> {
    const zones = [...files.keys()]
    const folder = temporaryFolder('knot')
    const address = { host: '127.0.0.1', port: await freePort() }
    await mkdir(join(folder, 'run'))
    for (const [zone, file] of files) await writeFile(join(folder, `${zone}zone`), file)
    await writeFile(join(folder, 'knot.conf'), configuration(zones, folder, address))
    const child = spawn(toolPath('knotd'), ['-c', join(folder, 'knot.conf')], { detached: true })
    endWithUs(child.pid!)
    const server = new KnotServer(child, address)
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

function configuration(zones: readonly string[], folder: string, { host, port }: ServerAddress): string {
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
acl:
  - id: anybody
    address: 127.0.0.1
    action: [update, transfer]
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
