import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureProgram } from '../services/local/packages.ts'
import { temporaryFolder } from '../test/support/infrastructure.ts'
import { PROGRAM_CACHE } from '../test/support/programs.ts'
import { pin } from './machine.ts'
import { goAhead, type Measured, measure } from './queries/load.ts'
import { type MeasuredServer, PEERS, type Peer, startPeer, startZonelog } from './queries/servers.ts'
import { hostName, ZONE, zoneFile } from './zone-file.ts'

// `node bench/queries.ts [--against bind,knot,nsd] [--seconds 10] [--runs 3] [--records 1000] [--edges 1,2] [--updates 1000] [--outstanding 100]
// [--rate N] [--pin]`:
// answers a second, and a second of processor time, of an edge, or of several on one port, beside other servers of the same zone, one
// after the other in each run. `--pin` keeps the client on the first processor and each edge on one of its own, from the last on: what
// an answer costs is then not a matter of who is moved where; for edges alone (`--against ''`). With `--rate` no more than so many queries
// a second are sent, so that latencies are not those of a server that has more to do than it can. Linux only.

const RESULTS = fileURLToPath(new URL('results', import.meta.url))
const { values } = parseArgs({
  options: {
    against: { type: 'string', default: PEERS.join() },
    seconds: { type: 'string', default: '10' },
    runs: { type: 'string', default: '3' },
    records: { type: 'string', default: '1000' },
    edges: { type: 'string', default: '1' },
    updates: { type: 'string', default: '1000' },
    outstanding: { type: 'string', default: '100' },
    rate: { type: 'string', default: '0' },
    pin: { type: 'boolean', default: false },
  },
})
const numberOf = (name: 'seconds' | 'runs' | 'records' | 'updates' | 'outstanding' | 'rate') =>
  Number(values[name])
const [seconds, runs, records] = [numberOf('seconds'), numberOf('runs'), numberOf('records')]
const [updates, outstanding, rate] = [numberOf('updates'), numberOf('outstanding'), numberOf('rate')]
const edges = values.edges.split(',').map(Number)
const isPinned = values.pin
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
  for (const count of edges) servers.push(await startZonelog(file, count, SETTINGS))
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
  const one = await measure(server, { queries, seconds, outstanding, rate, updates: updatesPerSecond })
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
  const groups = Map.groupBy(
    measured,
    ({ server, updates: sent }) => `${server}${sent > 0 ? `, ${sent} updates/s` : ''}`,
  )
  console.log(
    `| ${records} records, ${runs} runs of ${seconds} s (median) | answers/s | answers per CPU second | lost | p50 ms | p99 ms |`,
  )
  console.log('|---|---|---|---|---|---|')
  for (const [name, all] of groups) {
    const of = (pick: (one: Measured) => number) =>
      all.map(pick).sort((a, b) => a - b)[Math.floor(all.length / 2)]!
    const cells = [
      Math.round(of((one) => one.answersPerSecond)),
      Math.round(of((one) => one.answersPerCpuSecond)),
      of((one) => one.lost),
      of((one) => one.p50).toFixed(2),
      of((one) => one.p99).toFixed(2),
    ]
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
  mkdirSync(RESULTS, { recursive: true })
  const result = join(RESULTS, `queries-${new Date().toISOString().replaceAll(':', '')}.json`)
  writeFileSync(
    result,
    `${JSON.stringify({ records, seconds, runs, edges, outstanding, rate, isPinned, settings: SETTINGS, measured }, null, 2)}\n`,
  )
  console.error(`all runs: ${result}`)
}
clearInterval(alive)
