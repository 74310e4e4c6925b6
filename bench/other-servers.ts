import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../test/support/infrastructure.ts'
import { toolPath } from '../test/support/programs.ts'
import { endWithUs, temporaryFolder } from '../test/support/temporary.ts'

/** A zone and the path of its file. */
export interface ZoneFile {
  readonly zone: string
  readonly file: string
}

export interface OtherServer {
  readonly name: string
  readonly port: number
  readonly child: ChildProcess
}

/** BIND, Knot and NSD as primaries of the same zone files, one thread each, with what they keep on disk in a folder of ours. */
export const OTHER_SERVERS: readonly ((zones: readonly ZoneFile[]) => Promise<OtherServer>)[] = [
  async (zones) => {
    const { folder, port } = await place('named')
    // some systems confine the installed program, by its path, to the system's own folders
    const program = join(folder, 'named')
    copyFileSync(toolPath('named'), program)
    chmodSync(program, 0o755)
    const config = `
options { directory "${folder}"; pid-file none; session-keyfile "${folder}/session.key"; listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; }; recursion no; notify no; dnssec-validation no; empty-zones-enable no; };
controls { };
${zones.map(({ zone, file }) => `zone "${zone}" { type primary; file "${file}"; };`).join('\n')}
`
    return start('BIND', port, program, ['-g', '-n', '1', '-c', written(folder, config)])
  },
  async (zones) => {
    const { folder, port } = await place('knot')
    mkdirSync(join(folder, 'run'))
    const config = `
server:
    rundir: "${folder}/run"
    listen: 127.0.0.1@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "${folder}"
template:
  - id: default
    storage: "${folder}"
    semantic-checks: off
    zonefile-sync: -1
    journal-content: none
zone:
${zones.map(({ zone, file }) => `  - domain: ${zone}\n    file: "${file}"`).join('\n')}
`
    return start('Knot', port, toolPath('knotd'), ['-c', written(folder, config)])
  },
  async (zones) => {
    const { folder, port } = await place('nsd')
    const config = `
server:
  ip-address: 127.0.0.1@${port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "${folder}"
  pidfile: "${folder}/nsd.pid"
  zonelistfile: "${folder}/zone.list"
  xfrdfile: ""
  xfrdir: "${folder}"
remote-control:
  control-enable: no
${zones.map(({ zone, file }) => `zone:\n  name: ${zone}\n  zonefile: "${file}"`).join('\n')}
`
    return start('NSD', port, toolPath('nsd'), ['-d', '-c', written(folder, config)])
  },
]

async function place(name: string): Promise<{ folder: string; port: number }> {
  return { folder: temporaryFolder(name), port: await freePort() }
}

function written(folder: string, config: string): string {
  const file = join(folder, 'server.conf')
  writeFileSync(file, config)
  return file
}

function start(name: string, port: number, program: string, args: readonly string[]): OtherServer {
  const child = spawn(program, args, { stdio: 'ignore', detached: true })
  endWithUs(child.pid!)
  child.once('exit', (status) => {
    if (status !== null && status !== 0) throw new Error(`${name} has ended with ${status}`)
  })
  return { name, port, child }
}
