import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { ensureClusterNats } from '../support/cluster-nats.ts'
import { ensureTestPrograms } from '../support/programs.ts'
import { chaosOptions } from './chaos-options.ts'
import { ALL_FAULTS, CALM_EVERY } from './fire.ts'
import { runFlood } from './flood.ts'
import { faultsOfFlood } from './flood-faults.ts'
import { reportText } from './report.ts'
import { disturbances, RollingRestart } from './rolling.ts'
import { runChaos } from './run-chaos.ts'

// `npm run chaos -- --minutes N --seed S`: a deployment under load, and everything that can go wrong. Exits 1 where a promise was broken,
// something did not recover, an edge refused updates without a fault, or the run says less than it should.

const values = chaosOptions()
await withRoom()
const say = (line: string) => console.error(line)
await ensureTestPrograms(say)
if (values.flood) {
  const size = { seconds: Number(values.minutes) * 60, sources: Number(values.sources) }
  const flood = await runFlood(Number(values.seed), size, say)
  console.log(JSON.stringify(flood, undefined, 2))
  const faults = faultsOfFlood(flood)
  console.log(faults.length === 0 ? 'the edge held' : `THE EDGE DID NOT HOLD: ${faults.join('; ')}`)
  process.exit(faults.length === 0 ? 0 : 1)
}
await ensureClusterNats(say)
const plant = new URL('mutations/plant.ts', import.meta.url).href
const mutation =
  values.mutation === undefined
    ? {}
    : { nodeOptions: ['--import', plant], environment: { CHAOS_MUTATION: values.mutation } }
const rolling = new RollingRestart(say)
const { report, evidence } = await runChaos({
  seed: Number(values.seed),
  seconds: values.rolling ? 3_600 : Number(values.minutes) * 60,
  clients: Number(values.clients),
  thinkMs: Number(values.think),
  pauseMs: Number(values.pause),
  calmEvery: CALM_EVERY,
  kinds: ALL_FAULTS.filter(({ name }) => name.includes(values.faults)),
  say,
  ownDisk: values['own-disk'],
  // a standby on the same disk would end with it, and commits would wait for it for ever
  standby: !values['own-disk'],
  ...(values.rolling ? { standby: false, script: (...parts) => rolling.run(...parts) } : {}),
  ...(values.logs === undefined ? {} : { logs: values.logs }),
  ...mutation,
})
console.log(reportText(report))
const disturbed = values.rolling ? [...rolling.badEndings, ...disturbances(evidence)] : []
if (values.rolling) console.log(`disturbances: ${disturbed.length}\n${disturbed.slice(0, 20).join('\n')}`)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
const { violations, notRecovered, weaknesses } = report
process.exitCode = [violations, notRecovered, weaknesses, disturbed].every(({ length }) => length === 0)
  ? 0
  : 1

/** What an hour's clients saw is more than a program may hold by default: begins anew with half of this machine's memory, and ends with that. */
async function withRoom(): Promise<void> {
  const wanted = Math.floor(totalmem() / 2 / 2 ** 20)
  if (getHeapStatistics().heap_size_limit / 2 ** 20 >= wanted) return
  const options = [...process.execArgv, `--max-old-space-size=${wanted}`]
  const child = spawn(process.execPath, [...options, ...process.argv.slice(1)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const [status] = await once(child, 'exit')
  process.exit(status ?? 1)
}
