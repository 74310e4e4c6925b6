import { runCommandLine } from './run.ts'
import { Terminal } from './terminal.ts'

// `zonelog export … | head` is no fault
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const terminal = new Terminal(process.stdout, process.stderr, process.stdin)
process.exitCode = await runCommandLine(process.argv.slice(2), terminal)

// all is said and done; a connection that a failed start left behind must not hold the process open
setTimeout(() => process.exit(), 500).unref()
