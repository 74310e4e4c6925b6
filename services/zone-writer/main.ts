import type { Config } from '../../shared/config.ts'
import { createLogger } from '../../shared/log.ts'
import { runService } from '../../shared/run-service.ts'
import { startWriter } from './context.ts'

/** Runs a zone-writer until it is told to stop; resolves with the exit status. */
export async function runWriter(config: Config): Promise<number> {
  const log = createLogger('zone-writer', config)
  return await runService(log, () => startWriter(config, log))
}
