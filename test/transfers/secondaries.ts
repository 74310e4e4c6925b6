import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../support/infrastructure.ts'
import type { ServerAddress } from '../support/nsupdate.ts'
import { type TestProgram, toolPath } from '../support/programs.ts'
import { endWithUs, temporaryFolder } from '../support/temporary.ts'
import { until } from './patience.ts'

const DOCUMENT = fileURLToPath(new URL('../../docs/transfers.md', import.meta.url))

export interface Primary {
  readonly server: ServerAddress
  readonly secret: string
  /** In place of example.com. */
  readonly zone: string
}

/** How a kind of server is started; its part about zonelog comes from docs/transfers.md. */
interface Kind {
  readonly program: TestProgram
  /** Each has an address of its own, so that the edge can tell them apart. */
  readonly host: string
  readonly block: string
  /** The server's own part, and what is changed in the documented one for this machine. */
  configure(block: string, own: Own): string
  args(file: string): string[]
  readonly ready: string
  /** What it logs when it takes what it fetched for a failure, forgets what it has, and so has to fetch the whole zone. */
  readonly forgets?: RegExp
}

interface Own {
  readonly folder: string
  readonly address: ServerAddress
}

export const BIND: Kind = {
  program: 'named',
  // it listens at addresses of interfaces only
  host: '127.0.0.1',
  block: 'named.conf',
  configure: (block, { folder, address: { host, port } }) => `
options {
  directory "${folder}";
  pid-file none;
  session-keyfile "${folder}/session.key";
  managed-keys-directory "${folder}";
  listen-on port ${port} { ${host}; };
  listen-on-v6 { none; };
  transfer-source ${host};
  recursion no;
  dnssec-validation no;
  empty-zones-enable no;
  notify no;
  allow-transfer { any; };
  allow-new-zones yes;
${insideOptions(block)}
};
controls { };
${block.replace(OPTIONS, '')}`,
  args: (file) => ['-g', '-n', '1', '-c', file],
  ready: ' running\n',
}

export const KNOT: Kind = {
  program: 'knotd',
  host: '127.0.0.3',
  block: 'knot.conf',
  configure: (block, { folder, address: { host, port } }) => `
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
${withTemplate(block, folder)
  .replace(/^( +address: .*@.*)$/m, `$1\n    via: ${host}`)
  .replace(/^acl:$/m, 'acl:\n  - id: anybody\n    address: 127.0.0.0/8\n    action: transfer')
  .replaceAll(/acl: notify-from-zonelog$/gm, 'acl: [notify-from-zonelog, anybody]')}`,
  args: (file) => ['-c', file],
  ready: 'server started',
}

export const NSD: Kind = {
  program: 'nsd',
  host: '127.0.0.4',
  block: 'nsd.conf',
  configure: (block, { folder, address: { host, port } }) => `
server:
    ip-address: ${host}@${port}
    username: ""
    zonesdir: "${folder}"
    database: "${folder}/nsd.db"
    pidfile: ""
    xfrdfile: "${folder}/xfrd.state"
    xfrdir: "${folder}"
    zonelistfile: "${folder}/zone.list"
    server-count: 1
    verbosity: 2
remote-control:
    control-enable: no
${block.replace(/^( +)zonefile: .*$/m, `$&\n$1provide-xfr: 127.0.0.0/8 NOKEY\n$1outgoing-interface: ${host}`)}`,
  args: (file) => ['-d', '-c', file],
  ready: 'nsd started',
  // two transfers between two of its reloads, in version 4.6
  forgets: /soa serial \d+ update failed, restarting transfer/,
}

/** Every zone's files go into the folder; templates stand before the zones and after what they refer to. */
function withTemplate(block: string, folder: string): string {
  const storage = `    storage: "${folder}"\n`
  const own = `template:\n  - id: default\n${storage}`
  if (!block.includes('\ntemplate:\n')) return block.replace(/^zone:\n/m, `${own}\nzone:\n`)
  return block.replace(/^template:\n/m, own).replace(/^( +)- id: catalog-member\n/m, `$&${storage}`)
}

const OPTIONS = /^options \{\n([\s\S]*?)^\};\n/m

/** What the documented part says of BIND's options, of which there can be one block. */
function insideOptions(block: string): string {
  return OPTIONS.exec(block)?.[1] ?? ''
}

/** A real secondary on this machine; its state survives {@link stop}. */
export class SecondaryServer {
  readonly address: ServerAddress
  readonly kind: Kind
  private readonly program: string
  private readonly file: string
  private child: ChildProcess | undefined
  private output = ''

  private constructor(kind: Kind, program: string, file: string, address: ServerAddress) {
    this.kind = kind
    this.program = program
    this.file = file
    this.address = address
  }

  /** Ready to be started, with that part of docs/transfers.md. */
  static async configured(
    kind: Kind,
    { server, secret, zone }: Primary,
    blockName = kind.block,
  ): Promise<SecondaryServer> {
    const folder = temporaryFolder(kind.program)
    const address = { host: kind.host, port: await freePort() }
    await mkdir(join(folder, 'run'))
    const block = (await documented(blockName))
      .replaceAll('SECRET', secret)
      .replaceAll('192.0.2.1 port 53', `${server.host} port ${server.port}`)
      .replaceAll('192.0.2.1@53', `${server.host}@${server.port}`)
      .replaceAll('192.0.2.1', server.host)
      .replaceAll(blockName === kind.block ? 'example.com' : 'catalog.example', zone)
    const file = join(folder, kind.block)
    await writeFile(file, kind.configure(block, { folder, address }))
    let program = toolPath(kind.program)
    if (kind === BIND) {
      // some systems confine the installed program, by its path, to the system's own folders
      program = join(folder, 'named')
      await copyFile(toolPath('named'), program)
      await chmod(program, 0o755)
    }
    return new SecondaryServer(kind, program, file, address)
  }

  get log(): string {
    return this.output
  }

  /** How often it has forgotten what it has, by its own account. */
  get forgotten(): number {
    const { forgets } = this.kind
    return forgets === undefined ? 0 : this.output.split(forgets).length - 1
  }

  async start(): Promise<this> {
    const child = spawn(this.program, this.kind.args(this.file), { detached: true })
    endWithUs(child.pid!)
    child.unref()
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        this.output += chunk
      })
      ;(stream as unknown as Socket).unref()
    }
    this.child = child
    const before = this.output.length
    await until(`${this.kind.program} runs`, () => {
      if (child.exitCode !== null) throw new Error(`${this.kind.program} has ended: ${this.output}`)
      return this.output.slice(before).includes(this.kind.ready)
    })
    return this
  }

  async stop(): Promise<void> {
    const { child } = this
    if (child === undefined || child.exitCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
    this.child = undefined
  }
}

async function documented(block: string): Promise<string> {
  const text = await readFile(DOCUMENT, 'utf8')
  const found = text.split(`\`\`\`${block}\n`)[1]?.split('\n```')[0]
  if (found === undefined) throw new Error(`docs/transfers.md has no ${block}`)
  return found
}
