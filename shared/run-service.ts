import type { Logger } from './log.ts'
import { STOP_LIMIT_MS } from './time-limits.ts'

export interface Service {
  /** Ends in order: takes nothing new, finishes what is in flight, then lets go. */
  close(): Promise<void>
}

/**
 * Starts a service and runs it until SIGTERM, SIGINT or the death of the parent that started it with an IPC channel; resolves
 * with the exit status. A fault that nobody caught is logged and ends the process: the supervisor starts it anew, and nothing
 * in its memory is worth more than knowing what state it is in.
 */
export async function runService(log: Logger, start: () => Promise<Service>): Promise<number> {
  const { promise: asked, resolve: ask } = Promise.withResolvers<{ why: string; status: number }>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => ask({ why: signal, status: 0 }))
  process.on('disconnect', () => ask({ why: 'the parent process is gone', status: 0 }))
  process.on('uncaughtException', (error) => fail('uncaught fault', error))
  process.on('unhandledRejection', (error) => fail('unhandled rejection', error))
  const fail = (what: string, error: unknown) => {
    log.error({ error }, what)
    ask({ why: what, status: 1 })
  }

  const starting = start()
  const started = await Promise.race([starting, asked])
  if (!('close' in started)) {
    // what it has opened so far goes with the process
    starting.catch(() => {})
    log.info({ why: started.why }, 'stopped while starting')
    return started.status
  }
  const service = started
  process.send?.({ ready: true })
  const { why, status } = await asked
  log.info({ why }, 'stopping')
  return await stopWithin(service, status, log)
}

async function stopWithin(service: Service, status: number, log: Logger): Promise<number> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>()
  const timer = setTimeout(resolve, STOP_LIMIT_MS, 'late')
  const ended = await Promise.race([service.close().then(() => 'in time' as const), late])
  clearTimeout(timer)
  if (ended === 'late') log.warn({ limitMs: STOP_LIMIT_MS }, 'not everything ended in time')
  return status
}
