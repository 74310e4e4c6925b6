import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ensureTestPrograms } from '../support/programs.ts'
import { ALL_FAULTS } from './fire.ts'
import { MUTATIONS, type Mutation } from './mutations/mutations.ts'
import { runChaos } from './run-chaos.ts'

// `npm run chaos:mutants`: plants one bug after another into the running services, and shows that the checker finds each. Exits 1 when
// one goes unnoticed.

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
  const found = await findings(mutation)
  const promises = [...new Set(found.map((one) => one.split(' ')[0]))].sort()
  console.log(`${mutation.name}: ${found.length === 0 ? 'NOT FOUND' : `found, ${promises.join(' ')}`}`)
  console.log(`    ${found[0] ?? ''}`)
  if (found.length === 0) unnoticed.push(mutation.name)
  await delay(500)
}
process.exitCode = unnoticed.length === 0 ? 0 : 1

/** What was broken, or that things never came to rest, which only a bug can cause. */
async function findings({ name, faults = '', seconds = 0, commandTtlMs }: Mutation): Promise<string[]> {
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
    return report.violations.map(({ promise, what, zone }) => `${promise} ${what} (${zone})`)
  } catch (error) {
    return [`-- ${error instanceof Error ? error.message : String(error)}`]
  }
}
