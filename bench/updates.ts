import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureProgram } from '../services/local/packages.ts'
import { PROGRAM_CACHE } from '../test/support/programs.ts'
import { machineTimes, processorSeconds } from './machine.ts'
import { CASES, type Case, USUAL_CASES, zoneFiles } from './updates/cases.ts'
import { chart } from './updates/chart.ts'
import { load, type Range } from './updates/client.ts'
import { changesHeld } from './updates/held.ts'
import { startPowerDns } from './updates/powerdns.ts'
import { type Measured, markdown } from './updates/report.ts'
import { startBind, startKnot, startZonelog, type UpdatedServer } from './updates/servers.ts'

// `npm run bench -- updates [--against bind,knot,powerdns] [--cases add-100,…] [--seconds 6] [--runs 3]`: durable updates a second
// beside other servers with their defaults, each on the same zones, one after the other in each run (A B A B). Linux only.

const PEERS = { bind: 'BIND', knot: 'Knot', powerdns: 'PowerDNS' } as const
type Peer = keyof typeof PEERS
const PACKAGES = {
  dnsperf: ['dnsperf'],
  dig: ['bind9-dnsutils'],
  named: ['bind9'],
  knotd: ['knot'],
  pdns_server: ['pdns-server', 'pdns-backend-pgsql'],
}
const RESULTS = fileURLToPath(new URL('results', import.meta.url))
const { values } = parseArgs({
  options: {
    against: { type: 'string', default: Object.keys(PEERS).join() },
    cases: { type: 'string', default: USUAL_CASES.join() },
    seconds: { type: 'string', default: '6' },
    runs: { type: 'string', default: '3' },
    warm: { type: 'string', default: '10' },
  },
})
const [seconds, runs, warm] = [Number(values.seconds), Number(values.runs), Number(values.warm)]
const cases = values.cases.split(',').map(caseNamed)
const peers = values.against
  .split(',')
  .filter((name) => name !== '')
  .map(peerNamed)
const servers = ['zonelog', ...peers.map((peer) => PEERS[peer])]

for (const [program, apt] of Object.entries(PACKAGES))
  if ((await ensureProgram(program, { apt }, { cacheDir: PROGRAM_CACHE, say: console.error })) === undefined)
    throw new Error(`${program} is missing: install the package ${apt.join(' and ')}`)

// the servers keep no process alive
const alive = setInterval(() => {}, 1_000)
const WARM = caseNamed('add-100')
const measured: Measured[] = []
for (const group of Map.groupBy(cases, ({ records }) => records).values()) await measureGroup(group)
clearInterval(alive)
report()

/** Cases on zones of one size share the servers, which are all there at once and idle but for the one that is measured. */
async function measureGroup(group: readonly Case[]): Promise<void> {
  const { records } = group[0]!
  const files = zoneFiles(records, Math.max(...group.map(({ zones }) => zones)))
  const running = [await startZonelog(files)]
  for (const peer of peers)
    running.push(
      peer === 'bind'
        ? await startBind(files)
        : peer === 'knot'
          ? await startKnot(files)
          : await startPowerDns(files, records),
    )
  try {
    // programs that compile as they go, caches and tables are as they are in service
    for (const server of running) await load(server.port, WARM, { prefix: 'warm-', from: 0 }, warm)
    for (let run = 0; run < runs; run++)
      for (const one of group) for (const server of running) await measureOne(server, one, run)
  } finally {
    for (const server of running) await server.stop()
  }
}

/** Names taken from the zone file so far, of each server and kind of case: none is used twice. */
const used = new Map<string, number>()

async function measureOne(server: UpdatedServer, one: Case, run: number): Promise<void> {
  await idle(server)
  const key = `${server.name} ${one.records} ${one.signed}`
  const range: Range = { prefix: `${one.name}-${run}-`, from: 0 }
  const isFresh = one.variant === 'add' || one.variant === 'prerequisite'
  const from = isFresh ? 0 : (used.get(`${key} ${one.variant}`) ?? 0)
  const before = partTimes(server)
  const machineBefore = machineTimes()
  const seen = await load(server.port, one, { ...range, from }, seconds)
  const machine = machineTimes()
  await idle(server)
  const spent = partTimes(server)
  const done = seen.rcodes.NOERROR ?? 0
  if (!isFresh) used.set(`${key} ${one.variant}`, from + seen.sent)
  const { NOERROR: _, ...otherAnswers } = seen.rcodes
  const held = await changesHeld(server.port, one, { ...range, from })
  const at = (share: number) => seen.latencies[Math.floor(seen.latencies.length * share)] ?? Number.NaN
  const result: Measured = {
    case: one.name,
    server: server.name,
    updatesPerSecond: done / seen.seconds,
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    lost: seen.lost,
    otherAnswers,
    beyond: held - done,
    microseconds: Object.fromEntries(
      [...spent].map(([part, time]) => [part, ((time - before.get(part)!) * 1e6) / Math.max(1, done)]),
    ),
    steal: (100 * (machine.steal - machineBefore.steal)) / (machine.total - machineBefore.total),
  }
  measured.push(result)
  console.error(
    `${one.name} ${server.name}: ${Math.round(result.updatesPerSecond)}/s, p50 ${result.p50.toFixed(1)} ms, p99 ${result.p99.toFixed(1)} ms, lost ${seen.lost}, ${JSON.stringify(otherAnswers)}, beyond ${result.beyond}, steal ${result.steal.toFixed(1)} %`,
  )
}

function partTimes(server: UpdatedServer): Map<string, number> {
  return new Map([...server.parts].map(([part, pids]) => [part, processorSeconds(pids)]))
}

/** What a server still does for updates that it has answered is over, so that the next run has the machine for itself. */
async function idle(server: UpdatedServer): Promise<void> {
  const pids = [...server.parts.values()].flat()
  for (let waited = 0; waited < 120; waited++) {
    const before = processorSeconds(pids)
    await delay(500)
    if (processorSeconds(pids) - before < 0.05) return
  }
}

function caseNamed(name: string): Case {
  const found = CASES.find((one) => one.name === name)
  if (found !== undefined) return found
  throw new Error(`there is no case ${name}; there are ${CASES.map((one) => one.name).join(', ')}`)
}

function peerNamed(name: string): Peer {
  if (name in PEERS) return name as Peer
  throw new Error(`${name} is not measured; there are ${Object.keys(PEERS).join(', ')}`)
}

function report(): void {
  const text = markdown(measured, cases, servers)
  console.log(text)
  mkdirSync(RESULTS, { recursive: true })
  const base = join(RESULTS, `updates-${new Date().toISOString().replaceAll(':', '').slice(0, 17)}`)
  writeFileSync(`${base}.json`, `${JSON.stringify({ seconds, runs, cases, measured }, null, 2)}\n`)
  writeFileSync(`${base}.md`, `${text}\n`)
  writeFileSync(`${base}.svg`, chart(measured, cases, servers))
  console.error(`all runs: ${base}.json, .md, .svg`)
}
