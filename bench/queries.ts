import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureProgram } from '../services/local/packages.ts'
import { loadConfig } from '../shared/config.ts'
import { askedFor } from '../test/support/asked-for.ts'
import { temporaryFolder } from '../test/support/infrastructure.ts'
import { PROGRAM_CACHE } from '../test/support/programs.ts'
import { pin } from './machine.ts'
import { goAhead, type Measured, measure } from './queries/load.ts'
import { edgeTable, resultTable } from './queries/report.ts'
import { type MeasuredServer, PEERS, type Peer, startPeer, startZonelog } from './queries/servers.ts'
import { hostName, ZONE, zoneFile } from './zone-file.ts'

// `npm run bench -- queries [--against bind,knot,nsd] [--seconds 10] [--runs 3] [--records 1000] [--edges 1,2] [--updates 1000] [--outstanding 100]
// [--clients 10] [--rate N | --rate-each N] [--pin] [--no-precedence]`:
// answers a second, and a second of processor time, of an edge, or of several on one port, beside other servers of the same zone, one
// after the other in each run. `--pin` keeps the client on the first processor and each edge on one of its own, from the last on: what
// an answer costs is then not a matter of who is moved where; for edges alone (`--against ''`). With `--rate` no more than so many queries
// a second are sent, so that latencies are not those of a server that has more to do than it can; with `--rate-each` so many for each edge,
// which tells what an answer costs with two edges where there are no processors to spare for them. Edges go before the other services as
// that of `zonelog start` does (ZONELOG_EDGE_NICE); `--no-precedence` leaves them equal. Linux only.

const RESULTS = fileURLToPath(new URL('results', import.meta.url))
const { values } = askedFor(() =>
  parseArgs({
    options: {
      against: { type: 'string', default: PEERS.join() },
      seconds: { type: 'string', default: '10' },
      runs: { type: 'string', default: '3' },
      records: { type: 'string', default: '1000' },
      edges: { type: 'string', default: '1' },
      updates: { type: 'string', default: '1000' },
      outstanding: { type: 'string', default: '100' },
      clients: { type: 'string', default: '10' },
      rate: { type: 'string', default: '0' },
      'rate-each': { type: 'string', default: '0' },
      pin: { type: 'boolean', default: false },
      'no-precedence': { type: 'boolean', default: false },
    },
  }),
)
type NumberOption =
  | 'seconds'
  | 'runs'
  | 'records'
  | 'updates'
  | 'outstanding'
  | 'clients'
  | 'rate'
  | 'rate-each'
const numberOf = (name: NumberOption) => Number(values[name])
const [seconds, runs, records] = [numberOf('seconds'), numberOf('runs'), numberOf('records')]
const [updates, outstanding, clients] = [numberOf('updates'), numberOf('outstanding'), numberOf('clients')]
const [rate, rateEach] = [numberOf('rate'), numberOf('rate-each')]
const edges = values.edges.split(',').map(Number)
const isPinned = values.pin
const nice = values['no-precedence'] ? 0 : loadConfig().edgeNice
/** Everything that costs an answer something is on. */
const SETTINGS = { ZONELOG_RRL_RATE: '1000000', ZONELOG_RRL_EXEMPT: 'none' }

const options = { cacheDir: PROGRAM_CACHE, say: console.error }
if ((await ensureProgram('dnsperf', { apt: ['dnsperf'] }, options)) === undefined)
  throw new Error('dnsperf is missing: install the package dnsperf')

// the servers keep no process alive
const alive = setInterval(() => {}, 1_000)
const queries = join(temporaryFolder('queries'), 'queries')
writeFileSync(queries, queryFile(200_000))
const file = zoneFile(ZONE, records)
const peers = values.against.split(',').filter((peer): peer is Peer => PEERS.includes(peer as Peer))
const servers: MeasuredServer[] = []
const measured: Measured[] = []
try {
  for (const count of edges) servers.push(await startZonelog(file, { count, settings: SETTINGS, nice }))
  if (isPinned) pinAll(servers)
  for (const peer of peers) servers.push(await startPeer(peer, file))
  // not before: the servers would inherit it
  if (!goAhead())
    console.error('latencies hold what the client waits for a processor: only root can spare it that')
  for (let run = 1; run <= runs; run++) {
    for (const server of servers) await take(server, 0)
    if (updates > 0) await take(servers[0]!, updates)
  }
} finally {
  for (const server of servers) await server.stop()
}
report()

async function take(server: MeasuredServer, updatesPerSecond: number): Promise<void> {
  const most = rateEach > 0 ? rateEach * server.pids.length : rate
  const load = { queries, seconds, outstanding, clients, rate: most, updates: updatesPerSecond }
  const one = await measure(server, load)
  measured.push(one)
  console.error(
    `${one.server}${updatesPerSecond > 0 ? ` with ${Math.round(one.updatesDone)} updates/s done` : ''}: ${Math.round(one.answersPerSecond)}/s, p99 ${one.p99.toFixed(1)} ms`,
  )
}

/** What this process starts from now on, the client for one, stays where it is. */
function pinAll(edgesOf: readonly MeasuredServer[]): void {
  const processors = availableParallelism()
  pin(process.pid, 0)
  for (const { pids } of edgesOf)
    for (const [index, pid] of pids.entries()) pin(pid, processors - 1 - (index % processors))
}

/** Names that are there, at random; the same in every run. */
function queryFile(count: number): string {
  let state = 1
  const lines = Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return `${hostName(Math.floor((state / 2 ** 32) * records))}.${ZONE} A`
  })
  return `${lines.join('\n')}\n`
}

function report(): void {
  console.log(resultTable(`${records} records, ${runs} runs of ${seconds} s (median)`, measured))
  const byEdge = edgeTable(measured)
  if (byEdge !== '') console.log(`\n${byEdge}`)
  mkdirSync(RESULTS, { recursive: true })
  const result = join(RESULTS, `queries-${new Date().toISOString().replaceAll(':', '')}.json`)
  const how = { records, seconds, runs, edges, outstanding, clients, rate, rateEach, isPinned, nice }
  writeFileSync(result, `${JSON.stringify({ ...how, settings: SETTINGS, measured }, null, 2)}\n`)
  console.error(`all runs: ${result}`)
}
clearInterval(alive)
