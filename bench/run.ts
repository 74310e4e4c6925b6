import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

// `npm run bench -- updates|queries|replay|transfers|memory|history|import …`: what each takes is said at the top of its file, and by `--help`.

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
} else if (args.includes('--help') || args.includes('-h')) {
  console.log(await usageOf(file))
} else {
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    stdio: 'inherit',
  })
  process.on('SIGINT', () => {}) // the terminal sends it to the child, which ends its servers
  child.once('exit', (code) => {
    process.exitCode = code ?? 1
  })
}

/** The comment at the top of a bench. */
async function usageOf(benchFile: string): Promise<string> {
  const lines = (await readFile(new URL(benchFile, import.meta.url), 'utf8')).split('\n')
  const from = lines.findIndex((line) => line.startsWith('// '))
  const count = lines.slice(from).findIndex((line) => !line.startsWith('// '))
  return lines
    .slice(from, from + count)
    .map((line) => line.slice(3))
    .join('\n')
}
