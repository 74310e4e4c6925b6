import { setFlagsFromString } from 'node:v8'
import type { Config } from '../../shared/config.ts'
import { createLogger } from '../../shared/log.ts'
import { runService } from '../../shared/run-service.ts'
import { startEdge } from './context.ts'

/**
 * How much the heap may grow beyond what was in use at the last full collection. By itself V8 takes up to four times as much before it
 * looks again, and gives little back. No limit: what is in use is never refused.
 */
const HEAP_GROWTH_PERCENT = 100

/** Runs an edge until it is told to stop; resolves with the exit status. */
export async function runEdge(config: Config): Promise<number> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`)
  const log = createLogger('edge', config)
  return await runService(log, () => startEdge(config, log))
}
