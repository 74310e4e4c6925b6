import { fileURLToPath } from 'node:url'
import { Child, endText } from './child.ts'
import { LocalFault } from './fault.ts'
import { waitUntil } from './wait-until.ts'

/** One of our own services, run as a process of its own. */
export interface ServiceOptions {
  /** The subcommand of `zonelog` that runs it. */
  readonly command: 'edge' | 'writer'
  /** Base URL of its own HTTP listener, for readiness. */
  readonly httpUrl: string
  readonly logFile: string
  readonly onStart?: (child: Child) => void
}

const START_LIMIT_MS = 30_000
/** A service cuts its own ordered stop short after 5 s. */
const STOP_LIMIT_MS = 8_000

/** Starts a service and resolves when it is ready to serve. Its environment is ours, its servers are those of run.json. */
export async function startService({ command, httpUrl, logFile, onStart }: ServiceOptions): Promise<void> {
  const entry = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
  const args = ['--disable-warning=ExperimentalWarning', entry, command]
  const child = await Child.start(process.execPath, { args, logFile, onStart, ipc: true })
  let said = false
  void child.saidReady.then(() => {
    said = true
  })
  const serves = async () => said && (await answersReady(httpUrl))
  const ready = await waitUntil(async () => child.end !== undefined || (await serves()), START_LIMIT_MS)
  if (child.end !== undefined) throw new LocalFault(`it ended at start with ${endText(child.end)}`)
  if (!ready) {
    await stopService(child)
    throw new LocalFault(`it was not ready within ${START_LIMIT_MS / 1000} s`)
  }
}

export async function stopService(child: Child): Promise<void> {
  await child.stop('SIGTERM', STOP_LIMIT_MS)
}

async function answersReady(httpUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${httpUrl}/readyz`, { signal: AbortSignal.timeout(2_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
