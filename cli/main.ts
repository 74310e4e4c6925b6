import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// What Node made of our sources is kept, which more than halves the start of each process. Where the folder cannot be written, all
// is as without. Before the rest is loaded, which is why that is imported here and not above.
enableCompileCache(fileURLToPath(new URL('../.cache/compiled', import.meta.url)))
const { runCommandLine } = await import('./run.ts')
const { Terminal } = await import('./terminal.ts')

// `zonelog export … | head` is no fault
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const terminal = new Terminal(process.stdout, process.stderr, process.stdin)
process.exitCode = await runCommandLine(process.argv.slice(2), terminal)

// all is said and done; a connection that a failed start left behind must not hold the process open
setTimeout(() => process.exit(), 500).unref()
