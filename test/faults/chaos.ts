import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ensureTestPrograms } from '../support/programs.ts'
import { ALL_FAULTS } from './fire.ts'
import { reportText } from './report.ts'
import { runChaos } from './run-chaos.ts'

// `npm run chaos -- --minutes N --seed S`: a deployment under load, and everything that can go wrong. Exits 1 where a promise was broken.

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    clients: { type: 'string', default: '48' },
    think: { type: 'string', default: '60' },
    /** Kinds of faults that contain this text. */
    faults: { type: 'string', default: '' },
    /** A planted bug of test/faults/mutations. */
    mutation: { type: 'string' },
    json: { type: 'string' },
    logs: { type: 'string' },
  },
})

const say = (line: string) => console.error(line)
await ensureTestPrograms(say)
const kinds = ALL_FAULTS.filter(({ name }) => name.includes(values.faults))
const plant = new URL('mutations/plant.ts', import.meta.url).href
const mutation =
  values.mutation === undefined
    ? {}
    : { nodeOptions: ['--import', plant], environment: { CHAOS_MUTATION: values.mutation } }
const { report } = await runChaos({
  seed: Number(values.seed),
  seconds: Number(values.minutes) * 60,
  clients: Number(values.clients),
  thinkMs: Number(values.think),
  kinds,
  say,
  ...(values.logs === undefined ? {} : { logs: values.logs }),
  ...mutation,
})
console.log(reportText(report))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
process.exitCode = report.violations.length + report.notRecovered.length === 0 ? 0 : 1
