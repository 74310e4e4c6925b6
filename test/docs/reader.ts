import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lastLines, runCommand } from '../../services/local/run-command.ts'
import { runCli } from '../cli/run-cli.ts'
import { digShort } from '../support/dig.ts'
import { temporaryFolder } from '../support/infrastructure.ts'
import { testPath } from '../support/programs.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { lineAsShown, type Step } from './pages.ts'

const LAUNCHER = fileURLToPath(new URL('../../bin/zonelog', import.meta.url))

// The command line is run in the process of the test, which spares a second for each command. What reads standard input is run as it is.
const BRIDGE = `#!${process.execPath}
const argv = process.argv.slice(2)
if (argv.includes('-')) {
  const { spawnSync } = require('child_process')
  process.exit(spawnSync(process.env.ZONELOG_LAUNCHER, argv, { stdio: 'inherit' }).status)
}
const ask = require('http').request(process.env.ZONELOG_BRIDGE, { method: 'POST' }, (answer) => {
  let text = ''
  answer.setEncoding('utf8').on('data', (part) => { text += part }).on('end', () => {
    const { status, out, err } = JSON.parse(text)
    process.stderr.write(err)
    process.stdout.write(out)
    process.exitCode = status
  })
})
ask.end(JSON.stringify(argv))
`

/** Somebody who has typed \`npm start\`, and now does what a page shows, in a folder of his own. */
export class Reader {
  readonly system: TestSystem
  readonly port: number
  private readonly environment: Record<string, string>
  private readonly bridge: Server

  private constructor(system: TestSystem, port: number, environment: Record<string, string>) {
    this.system = system
    this.port = port
    this.environment = environment
    this.bridge = createServer(async (request, response) => {
      let body = ''
      for await (const part of request) body += part
      const argv = JSON.parse(body) as string[]
      const result = await runCli(argv, this.environment)
      // who reads and types is slower than an edge that hears of a zone
      if (argv[1] === 'create' && argv[0] === 'zone' && result.status === 0) await this.serves(argv[2]!)
      response.end(JSON.stringify(result))
    })
  }

  static async start(): Promise<Reader> {
    const { system, api, edge } = await TestSystem.start()
    const environment = { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token }
    const reader = new Reader(system, edge.port, environment)
    await new Promise<void>((resolve) => reader.bridge.listen(0, '127.0.0.1', resolve))
    return reader
  }

  /** Runs one command line, which must succeed. */
  async zonelog(...argv: string[]): Promise<string> {
    const { status, out, err } = await runCli(argv, this.environment)
    if (status !== 0) throw new Error(`zonelog ${argv.join(' ')}: ${err}`)
    return out
  }

  /** A new key's secret. */
  async secretOf(name: string, ...options: string[]): Promise<string> {
    return (JSON.parse(await this.zonelog('key', 'create', name, ...options, '--json')) as { secret: string })
      .secret
  }

  /** What the first \`npm start\` makes, and nothing else: the zone example.com and the key demo, in a new folder. */
  async begin(): Promise<string> {
    const list = async (what: string) =>
      JSON.parse(await this.zonelog(what, 'list', '--json')) as { name: string }[]
    for (const { name } of await list('zone')) await this.zonelog('zone', 'delete', name, '--yes')
    for (const { name } of await list('key')) await this.zonelog('key', 'delete', name, '--force')
    const folder = temporaryFolder('page')
    await mkdir(join(folder, 'bin'))
    await mkdir(join(folder, '.zonelog'))
    await writeFile(join(folder, 'bin/zonelog'), BRIDGE)
    await chmod(join(folder, 'bin/zonelog'), 0o755)
    await writeFile(join(folder, '.zonelog/demo.key'), await this.zonelog('key', 'create', 'demo'), {
      mode: 0o600,
    })
    await this.zonelog('zone', 'create', 'example.com', '--allow-update', 'demo')
    await this.serves('example.com')
    process.chdir(folder)
    return folder
  }

  async serves(zone: string): Promise<void> {
    const server = { host: '127.0.0.1', port: this.port }
    await until(`the edge serves ${zone}`, async () => (await digShort(server, zone, 'SOA')).length === 1)
  }

  /** Does one step, at the addresses of this system. Throws what is not as the page says. */
  async do({ commands, prints, line }: Step, folder: string): Promise<void> {
    const { port } = this.bridge.address() as AddressInfo
    const here = commands
      .replaceAll('127.0.0.1 5300', `127.0.0.1 ${this.port}`)
      .replaceAll('127.0.0.1:5300', `127.0.0.1:${this.port}`)
      .replaceAll('-p 5300', `-p ${this.port}`)
    const run = await runCommand('bash', ['-euo', 'pipefail', '-c', here], {
      cwd: folder,
      timeoutMs: 120_000,
      env: {
        ...process.env,
        PATH: testPath(),
        ZONELOG_BRIDGE: `http://127.0.0.1:${port}`,
        ZONELOG_LAUNCHER: LAUNCHER,
        ...this.environment,
      },
    })
    if (run.status !== 0) throw new Error(`line ${line} ended with ${run.status}:\n${lastLines(run, 30)}`)
    const output = `${run.stdout}\n${run.stderr}`
    for (const expected of prints)
      if (!lineAsShown(expected).test(output))
        throw new Error(`line ${line} does not print '${expected}', but:\n${output}`)
  }

  async close(): Promise<void> {
    this.bridge.close()
    await this.system.close()
  }
}
