import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// `npm run bench -- updates|queries|replay|transfers|memory|history|import …`: what each takes is said at the top of its file.

const BENCHES: Readonly<Record<string, string>> = {
  updates: 'updates.ts',
  queries: 'queries.ts',
  replay: 'replay.ts',
  transfers: 'transfers.ts',
  memory: 'zone-memory.ts',
  history: 'history.ts',
  import: 'zone-import.ts',
}

const [name = '', ...args] = process.argv.slice(2)
const file = BENCHES[name]
if (file === undefined) {
  console.error(`npm run bench -- ${Object.keys(BENCHES).join('|')} [options]; '${name}' is none of them`)
  process.exitCode = 2
} else {
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    stdio: 'inherit',
  })
  process.on('SIGINT', () => {}) // the terminal sends it to the child, which ends its servers
  child.once('exit', (code) => {
    process.exitCode = code ?? 1
  })
}
