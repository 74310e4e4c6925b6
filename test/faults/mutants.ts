import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ensureTestPrograms } from '../support/programs.ts'
import { ALL_FAULTS } from './fire.ts'
import { MUTATIONS, type Mutation } from './mutations/mutations.ts'
import { runChaos } from './run-chaos.ts'

// `npm run chaos:mutants`: plants one bug after another into the running services, and shows that the checker finds each. Exits 1 when
// one goes unnoticed, or when a run came to no verdict.

const PLANT = new URL('mutations/plant.ts', import.meta.url).href

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '20' },
    /** Only those whose names contain this. */
    only: { type: 'string', default: '' },
  },
})

await ensureTestPrograms((line) => console.error(line))
const unnoticed: string[] = []
for (const mutation of MUTATIONS.filter(({ name }) => name.includes(values.only))) {
  const { violations, problem } = await findings(mutation)
  const promises = [...new Set(violations.map((one) => one.split(' ')[0]))].sort()
  const isFound = violations.length > 0
  const verdict = problem === undefined ? 'NOT FOUND' : 'NO VERDICT'
  console.log(`${mutation.name}: ${violations.length > 0 ? `found, ${promises.join(' ')}` : verdict}`)
  console.log(`    ${violations[0] ?? problem ?? ''}`)
  if (!isFound) unnoticed.push(mutation.name)
  await delay(500)
}
process.exitCode = unnoticed.length === 0 ? 0 : 1

/** What was broken, or why there was no verdict. */
async function findings({ name, faults = '', seconds = 0, commandTtlMs }: Mutation): Promise<{
  readonly violations: readonly string[]
  readonly problem?: string
}> {
  try {
    const { report } = await runChaos({
      seed: Number(values.seed),
      seconds: Math.max(Number(values.seconds), seconds),
      clients: 24,
      thinkMs: 40,
      edges: 2,
      writers: 2,
      natsNodes: 1,
      zones: 3,
      standby: false,
      kinds: ALL_FAULTS.filter((kind) => kind.name.includes(faults)),
      nodeOptions: ['--import', PLANT],
      environment: { CHAOS_MUTATION: name },
      ...(commandTtlMs === undefined ? {} : { commandTtlMs }),
      say: () => {},
    })
    return { violations: report.violations.map(({ promise, what, zone }) => `${promise} ${what} (${zone})`) }
  } catch (error) {
    return { violations: [], problem: error instanceof Error ? error.message : String(error) }
  }
}
