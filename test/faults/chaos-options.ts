import { parseArgs } from 'node:util'
import { askedFor } from '../support/asked-for.ts'

const USAGE = `npm run chaos -- [OPTIONS]: a deployment under load, and everything that can go wrong. Exits 1 where a promise was broken.

  --minutes N      how long (2)
  --seed S         draws the faults and the updates (1)
  --clients N      how many send updates (48)
  --think MS       mean pause of a client between two updates (60)
  --pause MS       mean time between a recovery and the next fault (450)
  --faults TEXT    only faults that have the text in their names
  --mutation NAME  with a planted bug of test/faults/mutations
  --own-disk       Postgres has a small file system of its own, which is filled at times; needs root
  --json FILE      writes the report there
  --logs FOLDER    keeps the logs of all processes there

Instead of faults:
  --rolling        everything is restarted in order, one after another
  --flood          one edge, as many datagrams as can be, and slow connections; exits 1 where it did not hold
  --sources N      from how many addresses the datagrams come (1)
`

const OPTIONS = {
  minutes: { type: 'string', default: '2' },
  seed: { type: 'string', default: '1' },
  clients: { type: 'string', default: '48' },
  think: { type: 'string', default: '60' },
  pause: { type: 'string', default: '450' },
  faults: { type: 'string', default: '' },
  mutation: { type: 'string' },
  rolling: { type: 'boolean', default: false },
  flood: { type: 'boolean', default: false },
  sources: { type: 'string', default: '1' },
  'own-disk': { type: 'boolean', default: false },
  json: { type: 'string' },
  logs: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** What was asked for. Prints the usage and ends the process where that was, or with status 2 where something is no option. */
export function chaosOptions() {
  const { values } = askedFor(() => parseArgs({ options: OPTIONS }))
  if (!values.help) return values
  console.log(USAGE)
  process.exit()
}
