import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ensureClusterNats } from '../support/cluster-nats.ts'
import { ensureTestPrograms } from '../support/programs.ts'
import { ALL_FAULTS, CALM_EVERY } from './fire.ts'
import { type Finding, MUTATIONS, type Mutation } from './mutations/mutations.ts'
import { runChaos } from './run-chaos.ts'

// `npm run chaos:mutants`: plants one bug after another into the running services, and shows that the checker finds each by the promise that it
// breaks; and that it finds nothing in a run of the same kind without a bug. Exits 1 when one goes unnoticed or was found by something else, when a
// run without a bug finds anything, or when a run came to no verdict.

const PLANT = new URL('mutations/plant.ts', import.meta.url).href

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '20' },
    /** Only those whose names contain this. */
    only: { type: 'string', default: '' },
  },
})

/** How a run is made, whatever is planted. */
type Setting = Pick<Mutation, 'faults' | 'seconds' | 'natsNodes' | 'commandTtlMs' | 'calm'>

/** What was found, each with what it says; or why there was no verdict. */
interface Found {
  readonly findings: readonly { readonly by: Finding; readonly says: string }[]
  readonly problem?: string
}

await ensureTestPrograms((line) => console.error(line))
await ensureClusterNats((line) => console.error(line))
const chosen = MUTATIONS.filter(({ name }) => name.includes(values.only))
let isProven = chosen.length > 0
const prove = (name: string, isRight: boolean, verdict: string, details: string | undefined) => {
  console.log(`${name}: ${verdict}\n    ${details ?? ''}`)
  isProven &&= isRight
}
for (const [name, setting] of settingsOf(chosen)) {
  const { findings, problem } = await run(setting)
  const verdict =
    problem === undefined ? (findings.length === 0 ? 'nothing' : 'FOUND SOMETHING') : 'NO VERDICT'
  prove(`no bug, ${name}`, verdict === 'nothing', verdict, problem ?? findings[0]?.says)
}
for (const mutation of chosen) {
  const { findings, problem } = await run(mutation, mutation.name)
  const kinds = [...new Set(findings.map(({ by }) => by))].sort()
  const proof = findings.find(({ by }) => mutation.breaks.includes(by))
  const failure = findings.length > 0 ? `FOUND BY SOMETHING ELSE, ${kinds.join(' ')}` : 'NOT FOUND'
  const verdict =
    proof === undefined ? (problem === undefined ? failure : 'NO VERDICT') : `found, ${kinds.join(' ')}`
  prove(mutation.name, proof !== undefined, verdict, (proof ?? findings[0])?.says ?? problem)
}
process.exitCode = isProven ? 0 : 1

/** Each that is different, by its name. */
function settingsOf(mutations: readonly Mutation[]): ReadonlyMap<string, Setting> {
  return new Map(
    mutations.map((setting) => {
      const { faults = 'all', natsNodes, commandTtlMs, calm } = setting
      const more = [
        natsNodes && `${natsNodes} nats-servers`,
        commandTtlMs && `deadline ${commandTtlMs} ms`,
        calm && 'calm in the end',
      ]
      return [[`faults ${faults}`, `${secondsOf(setting)} s`, ...more].filter(Boolean).join(', '), setting]
    }),
  )
}

function secondsOf({ seconds = 0 }: Setting): number {
  return Math.max(Number(values.seconds), seconds)
}

async function run(setting: Setting, planted?: string): Promise<Found> {
  const { faults = '', natsNodes = 1, commandTtlMs, calm } = setting
  try {
    const { report } = await runChaos({
      seed: Number(values.seed),
      seconds: secondsOf(setting),
      clients: 24,
      thinkMs: 40,
      edges: 2,
      writers: 2,
      natsNodes,
      zones: 3,
      standby: false,
      kinds: ALL_FAULTS.filter((kind) => kind.name.includes(faults)),
      ...(planted === undefined
        ? {}
        : { nodeOptions: ['--import', PLANT], environment: { CHAOS_MUTATION: planted } }),
      ...(commandTtlMs === undefined ? {} : { commandTtlMs }),
      ...(calm === undefined ? {} : { calmEvery: CALM_EVERY }),
      say: () => {},
    })
    const { violations, refusedWithoutFault, firstWithoutFault } = report
    const says = `${refusedWithoutFault} updates were refused without a fault: ${firstWithoutFault[0]}`
    return {
      findings: [
        ...violations.map(({ promise, what, zone }) => ({
          by: promise,
          says: `${promise} ${what} (${zone})`,
        })),
        ...(refusedWithoutFault === 0 ? [] : [{ by: 'refused without a fault' as const, says }]),
      ],
    }
  } catch (error) {
    return { findings: [], problem: error instanceof Error ? error.message : String(error) }
  } finally {
    await delay(500)
  }
}
