import { type Logger, pino } from 'pino'
import type { LogLevel } from './config.ts'

export type { Logger } from 'pino'

/** JSON lines on standard output, each with the service's name. Secrets are never passed to it; see docs/architecture.md. */
export function createLogger(service: string, level: LogLevel): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.err },
  })
}

/** For tests and command-line runs that want no log. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' })
}
