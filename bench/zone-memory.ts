import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { migrateToLatest } from '../shared/database/migrate.ts'
import { Rcode } from '../shared/dns/codes.ts'
import { AdminApi } from '../test/support/admin-api.ts'
import { DnsClient, query } from '../test/support/dns-client.ts'
import { createDatabase, freePort, temporaryFolder, testNats } from '../test/support/infrastructure.ts'
import { endWithUs } from '../test/support/temporary.ts'
import { until } from '../test/support/until.ts'
import { memoryOf } from './memory.ts'
import { OTHER_SERVERS, type ZoneFile } from './other-servers.ts'

// `npm run bench -- memory [RECORDS] [ZONES]`: the memory that one large zone and many small ones take on an edge, and how long
// they take to load, beside BIND, Knot and NSD with the same zone files. Linux only. Times mean something on a quiet machine only.

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
const [RECORDS, ZONES] = [Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? 10_000)]
const LOAD_LIMIT_MS = 600_000

const folder = temporaryFolder('bench')
const large = [{ zone: 'big.example', file: join(folder, 'big.example.zone') }]
writeFileSync(large[0]!.file, largeZone())
const small = smallZones()

interface Row {
  readonly server: string
  readonly rest: number
  readonly rss: number
  readonly all: number
  readonly seconds: number
}

await compare(`One zone of ${RECORDS.toLocaleString('en')} records`, large)
await compare(`${ZONES.toLocaleString('en')} zones of 10 records`, small)
process.exit(0)

async function compare(what: string, zones: readonly ZoneFile[]): Promise<void> {
  const rows = [await measureEdge(zones)]
  for (const startServer of OTHER_SERVERS) {
    const { name, port, child } = await startServer(zones)
    const seconds = await firstAnswer(port, zones.at(-1)!.zone, performance.now())
    await allAnswer(port, zones)
    rows.push({ server: name, rest: 0, ...memoryOf(child.pid!), seconds })
    await ended(child)
  }
  console.log(`\n${what}:\n`)
  console.log(
    '| server | resident, MiB | all its processes, MiB | at rest, MiB | loaded after, s |\n|---|---|---|---|---|',
  )
  for (const { server, rss, all, rest, seconds } of rows)
    console.log(`| ${server} | ${rss} | ${all} | ${rest || ''} | ${seconds.toFixed(1)} |`)
}

/** A real system; the edge starts when the zones are there, and has them all before it is ready. */
async function measureEdge(zones: readonly ZoneFile[]): Promise<Row> {
  const [database, nats] = [await createDatabase(), await testNats()]
  await migrateToLatest(database.url)
  const [api, dns, http] = [await freePort(), await freePort(), await freePort()]
  const data = temporaryFolder('data')
  const environment = {
    PATH: process.env.PATH,
    ZONELOG_DATA_DIR: data,
    ZONELOG_DATABASE_URL: database.url,
    ZONELOG_NATS_URL: nats.url,
    ZONELOG_API_LISTEN: `127.0.0.1:${api}`,
    ZONELOG_DNS_LISTEN: `127.0.0.1:${dns}`,
    ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${http}`,
    ZONELOG_LOG_LEVEL: 'warn',
  }
  const writer = zonelog(['writer'], environment)
  await ready(api)
  const empty = zonelog(['edge'], environment)
  await ready(http)
  await delay(3_000)
  const rest = memoryOf(empty.pid!).rss
  await ended(empty)
  await createAll(
    zones,
    AdminApi.withTokenFile(`http://127.0.0.1:${api}`, join(data, 'api-token')),
    environment,
  )
  // it has the history of the zones to look through, and is not to share the processor with that
  await idle(writer)
  const from = performance.now()
  const edge = zonelog(['edge'], { ...environment, ZONELOG_EDGE_PRELOAD: 'yes' })
  const seconds = await firstAnswer(dns, zones.at(-1)!.zone, from)
  await ready(http)
  const loaded = zones.length === 1 ? seconds : (performance.now() - from) / 1_000
  await allAnswer(dns, zones)
  const row = { server: 'zonelog edge', rest, ...memoryOf(edge.pid!), seconds: loaded }
  await Promise.all([ended(edge), ended(writer)])
  await nats.stop()
  return row
}

async function createAll(zones: readonly ZoneFile[], api: AdminApi, env: NodeJS.ProcessEnv): Promise<void> {
  if (zones.length === 1) {
    const { zone, file } = zones[0]!
    const create = zonelog(['zone', 'create', zone, '--file', file], env)
    const status = await new Promise((resolve) => create.once('exit', resolve))
    if (status !== 0) throw new Error(`zone create ended with ${status}`)
    return
  }
  const queue = zones.values()
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const { zone, file } of queue) await api.createZone(zone, { file: readFileSync(file, 'utf8') })
    }),
  )
}

/** Seconds from `from` until the server has answered for the last host of a zone. */
async function firstAnswer(port: number, zone: string, from: number): Promise<number> {
  const client = await DnsClient.to(port)
  const wanted = query(`last.${zone}.`, 'A')
  while ((await client.send(wanted, 500))?.header.rcode !== Rcode.NOERROR) {
    if (performance.now() - from > LOAD_LIMIT_MS) throw new Error(`no answer for ${zone} in time`)
    await delay(20)
  }
  client.close()
  return (performance.now() - from) / 1_000
}

/** Asks once for each zone, so that nothing is loaded only later. */
async function allAnswer(port: number, zones: readonly ZoneFile[]): Promise<void> {
  for (const { zone } of zones) await firstAnswer(port, zone, performance.now())
  await delay(2_000)
}

function zonelog(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
  endWithUs(child.pid!)
  return child
}

async function ready(port: number): Promise<void> {
  const isReady = async () =>
    (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok ?? false
  await until('it is ready', isReady, LOAD_LIMIT_MS)
}

/** Until a process has used next to nothing of the processor for a few seconds. */
async function idle({ pid }: ChildProcess): Promise<void> {
  const ticks = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const used = () => Number(ticks()[11]) + Number(ticks()[12])
  for (let last = Number.NEGATIVE_INFINITY, now = used(); now - last > 30; now = used()) {
    last = now
    await delay(3_000)
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await exit
}

/** Hosts with addresses of both kinds, mail exchangers, texts and aliases, as a large site has them. */
function largeZone(): string {
  const lines = [
    '$TTL 300',
    '@ SOA ns1 hostmaster 1 3600 600 1209600 300',
    '@ NS ns1',
    'ns1 A 192.0.2.1',
    'last A 192.0.2.2',
  ]
  for (let host = 0; lines.length < RECORDS; host++) {
    const [high, middle, low] = [(host >> 16) & 255, (host >> 8) & 255, host & 255]
    lines.push(`host-${host} A 10.${high}.${middle}.${low}`)
    const [left, right] = [(host >>> 16).toString(16), (host & 0xffff).toString(16)]
    if (host % 2 === 0) lines.push(`host-${host} AAAA 2001:db8::${left}:${right}`)
    if (host % 4 === 0) lines.push(`alias-${host} CNAME host-${host}`)
    if (host % 5 === 0) lines.push(`host-${host} TXT "v=spf1 ip4:10.${high}.${middle}.${low} -all"`)
    if (host % 5 === 1) lines.push(`host-${host} MX 10 host-${host - 1}`)
  }
  return `$ORIGIN big.example.\n${lines.join('\n')}\n`
}

function smallZones(): ZoneFile[] {
  const zones = join(folder, 'small')
  mkdirSync(zones)
  return Array.from({ length: ZONES }, (_, number) => {
    const zone = `zone-${number}.example`
    const file = join(zones, `${zone}.zone`)
    const hosts = ['www', 'mail', 'ftp', 'api', 'vpn', 'last'].map(
      (name, at) => `${name} A 192.0.2.${at + 1}`,
    )
    const lines = [
      '$TTL 300',
      '@ SOA ns1 hostmaster 1 3600 600 1209600 300',
      '@ NS ns1',
      'ns1 A 192.0.2.1',
      ...hosts,
      '@ MX 10 mail',
    ]
    writeFileSync(file, `$ORIGIN ${zone}.\n${lines.join('\n')}\n`)
    return { zone, file }
  })
}
