import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { migrateToLatest } from '../shared/database/migrate.ts'
import { createDatabase, freePort, temporaryFolder, testNats } from '../test/support/infrastructure.ts'
import { endWithUs } from '../test/support/temporary.ts'
import { until } from '../test/support/until.ts'

// `npm run bench -- import [RECORDS]`: how long a large zone takes in and out, and what memory that costs each process. Linux only.

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
const RECORDS = Number(process.argv[2] ?? 1_000_000)
const ZONE = 'big.example'

const folder = temporaryFolder('bench')
const [database, nats, port] = [await createDatabase(), await testNats(), await freePort()]
await migrateToLatest(database.url)
const environment = {
  PATH: process.env.PATH,
  ZONELOG_DATA_DIR: folder,
  ZONELOG_DATABASE_URL: database.url,
  ZONELOG_NATS_URL: nats.url,
  ZONELOG_API_LISTEN: `127.0.0.1:${port}`,
  ZONELOG_LOG_LEVEL: 'warn',
}
const writer = run(['writer'])
await until('the writer is ready', async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
  return answer?.ok ?? false
})
console.log(`${RECORDS.toLocaleString('en')} records; writer at rest: ${peak(writer)} MiB`)

const [first, second] = [join(folder, 'first'), join(folder, 'second')]
await writeZone(first, 1, () => false)
await writeZone(second, 2, (index) => index % 10 === 0)
await measure('create', ['zone', 'create', ZONE, '--file', first])
await measure('import, the same', ['zone', 'import', ZONE, first])
await measure('import, every tenth changed', ['zone', 'import', ZONE, second])
await measure('export', ['zone', 'export', ZONE], join(folder, 'exported'))
process.exit(0)

function run(args: readonly string[], into?: string): ChildProcess {
  const out = into === undefined ? 'inherit' : 'pipe'
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    env: environment,
    stdio: ['ignore', out, 'inherit'],
    detached: true,
  })
  endWithUs(child.pid!)
  if (into !== undefined) child.stdout?.pipe(createWriteStream(into))
  return child
}

async function measure(what: string, args: readonly string[], into?: string): Promise<void> {
  const from = performance.now()
  const cli = run(args, into)
  let cliPeak = 0
  const watch = setInterval(() => {
    cliPeak = Math.max(cliPeak, peak(cli))
  }, 50)
  const status = await new Promise((resolve) => cli.once('exit', resolve))
  clearInterval(watch)
  const seconds = ((performance.now() - from) / 1_000).toFixed(1)
  console.log(
    `${what}: ${seconds} s, status ${status}, peak of the CLI ${cliPeak} MiB, of the writer so far ${peak(writer)} MiB`,
  )
}

/** Peak resident memory in MiB; 0 for a process that has ended. */
function peak({ pid }: ChildProcess): number {
  try {
    const kib = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Math.round(Number(kib ?? 0) / 1_024)
  } catch {
    return 0
  }
}

async function writeZone(file: string, serial: number, isChanged: (index: number) => boolean): Promise<void> {
  const out = createWriteStream(file)
  out.write(`$TTL 300\n@ SOA ns1 hostmaster ${serial} 3600 600 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n`)
  for (let index = 3; index < RECORDS; index++) {
    const octets = [isChanged(index) ? 11 : 10, (index >> 16) & 255, (index >> 8) & 255, index & 255]
    const taken = out.write(`host-${index} A ${octets.join('.')}\n`)
    if (!taken) await new Promise<void>((resolve) => out.once('drain', resolve))
  }
  out.end()
  await finished(out)
}
