import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureProgram } from '../services/local/packages.ts'
import { askedFor } from '../test/support/asked-for.ts'
import { PROGRAM_CACHE } from '../test/support/programs.ts'
import type { Case } from './updates/cases.ts'
import { chart } from './updates/chart.ts'
import { Contestants } from './updates/contestants.ts'
import { measure } from './updates/measure.ts'
import { PEERS, type Peer, readOptions } from './updates/options.ts'
import { type Contest, type Measured, markdown } from './updates/report.ts'
import { ZONE } from './zone-file.ts'

// `npm run bench -- updates [--against bind,knot,powerdns] [--cases add-100,…] [--seconds 6] [--runs 3] [--warm 10]
// [--writers N] [--edges N] [--history EVENTS] [--records N] [--pin] [--budget PERCENT]`: durable updates a second beside other servers
// with their defaults (but for Knot's zonefile-sync), each on the same zones, one after the other in each run (A B A B). `--writers 1,2 --edges 1,2`, `--history 0,10000000` or
// `--records 1000,1000000` measure several systems of ours against each other in the same way. `--pin` keeps each edge and writer on a
// processor, `--budget` gives each no more than so much of one: see docs/performance.md. Linux only.

const RESULTS = fileURLToPath(new URL('results', import.meta.url))
const ALWAYS = { dnsperf: ['dnsperf'], dig: ['bind9-dnsutils'] }
const PROGRAMS: Readonly<Record<Peer, readonly [string, readonly string[]]>> = {
  bind: ['named', ['bind9']],
  knot: ['knotd', ['knot']],
  powerdns: ['pdns_server', ['pdns-server', 'pdns-backend-pgsql']],
}

const options = askedFor(() => readOptions(process.argv.slice(2)))
const { cases, peers, setups, runs } = options
const contest: Contest = { ours: setups.map(({ name }) => name), peers: peers.map((peer) => PEERS[peer]) }

for (const [program, apt] of [...Object.entries(ALWAYS), ...peers.map((peer) => PROGRAMS[peer])])
  if ((await ensureProgram(program, { apt }, { cacheDir: PROGRAM_CACHE, say: console.error })) === undefined)
    throw new Error(`${program} is missing: install the package ${apt.join(' and ')}`)

// the servers keep no process alive
const alive = setInterval(() => {}, 1_000)
const measured: Measured[] = []
const groups = Map.groupBy(cases, ({ records }) => setups[0]!.records ?? records)
try {
  for (const [records, group] of groups) await measureGroup(group, records)
} finally {
  clearInterval(alive)
  report()
}

/** Cases on zones of one size share the servers, which are all there at once and idle but for the one that is measured. */
async function measureGroup(group: readonly Case[], records: number): Promise<void> {
  const contestants = new Contestants(options, group)
  try {
    await contestants.start(records)
    for (let run = 0; run < runs; run++)
      for (const one of group)
        for (const server of contestants.all)
          measured.push(
            await measure(server, contestants.all, { ...one, records: server.records }, run, options),
          )
  } finally {
    await contestants.stop()
  }
}

function report(): void {
  const text = [...remarks(), markdown(measured, cases, contest)].join('\n\n')
  console.log(text)
  mkdirSync(RESULTS, { recursive: true })
  const base = join(RESULTS, `updates-${new Date().toISOString().replaceAll(':', '').slice(0, 17)}`)
  writeFileSync(`${base}.json`, `${JSON.stringify({ ...options, measured }, null, 2)}\n`)
  writeFileSync(`${base}.md`, `${text}\n`)
  writeFileSync(`${base}.svg`, chart(measured, cases, [...contest.ours, ...contest.peers]))
  console.error(`all runs: ${base}.json, .md, .svg`)
}

/** What is not as it is by default. */
function remarks(): string[] {
  const pasts = setups.flatMap(({ name, history }) =>
    history === undefined
      ? []
      : `${name}: ${history.toLocaleString('en')} events of ${ZONE} beforehand, which are not indexed for looking back; the background verifier is off.`,
  )
  const { isPinned, budget } = options
  return [
    ...pasts,
    ...(isPinned
      ? ['Each edge and writer is kept on the processor of its number, all else on the others.']
      : []),
    ...(budget > 0 ? [`Each edge and each writer has ${budget} % of one processor at most.`] : []),
  ]
}
