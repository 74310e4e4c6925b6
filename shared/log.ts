import { type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from './config.ts'
import { readableLine } from './log-text.ts'

export type { Logger } from 'pino'

/** So much waits for a reader that does not read; what is more is dropped, and counted. */
const MOST_WAITING_OCTETS = 8 * 2 ** 20

let dropped = 0

/**
 * Lines on standard output, each with the service's name: JSON, or text for people. Writing never holds up the work: what is written
 * while another write is under way leaves with the next. Secrets are never passed to it; see docs/monitoring.md.
 */
export function createLogger(service: string, config: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  return loggerTo(isForPeople(config.logFormat) ? textSink() : jsonSink(), service, config.logLevel)
}

/** Writes its lines elsewhere, in JSON. */
export function loggerTo(sink: DestinationStream, service: string, level: string): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.err },
  }
  return pino(options, sink)
}

/** Lines that were lost since nobody read them. */
export function droppedLogLines(): number {
  return dropped
}

/** For tests and command-line runs that want no log. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' })
}

function isForPeople(format: Config['logFormat']): boolean {
  return format === 'auto' ? process.stdout.isTTY === true : format === 'text'
}

function jsonSink(): DestinationStream {
  // pino writes what is left when the process ends
  const sink = pino.destination({ fd: 1, sync: false, maxLength: MOST_WAITING_OCTETS })
  // a disk that is full, for one, is no reason to stop working
  sink.on('drop', (lines: string) => {
    dropped += linesIn(lines).length
  })
  sink.on('error', () => {
    dropped += 1
  })
  return sink
}

function textSink(): DestinationStream {
  const isColoured = process.stdout.isTTY === true
  const readable = (line: string) => `${readableLine(line, isColoured)}\n`
  return { write: (lines) => void process.stdout.write(linesIn(lines).map(readable).join('')) }
}

/** Of what is written at once; each ends with a line end. */
function linesIn(text: string): string[] {
  return text.split('\n').slice(0, -1)
}
