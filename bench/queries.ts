import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureProgram } from '../services/local/packages.ts'
import { temporaryFolder } from '../test/support/infrastructure.ts'
import { PROGRAM_CACHE } from '../test/support/programs.ts'
import { type Measured, measure } from './queries/load.ts'
import { type MeasuredServer, PEERS, type Peer, startPeer, startZonelog } from './queries/servers.ts'
import { hostName, ZONE, zoneFile } from './zone-file.ts'

// `node bench/queries.ts [--against bind,knot,nsd] [--seconds 10] [--runs 3] [--records 1000] [--edges 1] [--updates 1000]`: answers a
// second, and a second of processor time, of an edge beside other servers of the same zone, one after the other in each run. Linux only.

const RESULTS = fileURLToPath(new URL('results', import.meta.url))
const { values } = parseArgs({
  options: {
    against: { type: 'string', default: PEERS.join() },
    seconds: { type: 'string', default: '10' },
    runs: { type: 'string', default: '3' },
    records: { type: 'string', default: '1000' },
    edges: { type: 'string', default: '1' },
    updates: { type: 'string', default: '1000' },
  },
})
const [seconds, runs, records, edges, updates] = (
  ['seconds', 'runs', 'records', 'edges', 'updates'] as const
).map((name) => Number(values[name])) as [number, number, number, number, number]
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
const servers: MeasuredServer[] = [await startZonelog(file, edges, SETTINGS)]
const measured: Measured[] = []
try {
  for (const peer of peers) servers.push(await startPeer(peer, file))
  for (let run = 1; run <= runs; run++) {
    for (const server of servers) await take(server, 0)
    if (updates > 0) await take(servers[0]!, updates)
  }
} finally {
  for (const server of servers) await server.stop()
}
report()

async function take(server: MeasuredServer, updatesPerSecond: number): Promise<void> {
  const one = await measure(server, { queries, seconds, updates: updatesPerSecond })
  measured.push(one)
  console.error(
    `${one.server}${updatesPerSecond > 0 ? ' with updates' : ''}: ${Math.round(one.answersPerSecond)}/s`,
  )
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
    ({ server, updates: rate }) => `${server}${rate > 0 ? `, ${rate} updates/s` : ''}`,
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
    `${JSON.stringify({ records, seconds, runs, edges, settings: SETTINGS, measured }, null, 2)}\n`,
  )
  console.error(`all runs: ${result}`)
}
clearInterval(alive)
