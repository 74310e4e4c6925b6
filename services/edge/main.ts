import type { Config } from '../../shared/config.ts'
import { createLogger } from '../../shared/log.ts'
import { runService } from '../../shared/run-service.ts'
import { startEdge } from './context.ts'

/** Runs an edge until it is told to stop; resolves with the exit status. */
export async function runEdge(config: Config): Promise<number> {
  const log = createLogger('edge', config)
  return await runService(log, () => startEdge(config, log))
}
