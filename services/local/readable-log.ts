/** What a person at the terminal should see of a child's log line; undefined for most lines. */
export type Readable = (line: string) => string | undefined

interface PinoLine {
  readonly level?: unknown
  readonly msg?: unknown
  readonly error?: { readonly message?: unknown }
}

/** Warnings and errors of our own services, without their JSON. Anything that is no JSON is a crash's stack: shown as it is. */
export const readableService: Readable = (line) => {
  // there may be thousands of them a second
  if (line.startsWith('{"level":"info"') || line.startsWith('{"level":"debug"')) return undefined
  let entry: PinoLine
  try {
    entry = JSON.parse(line) as PinoLine
  } catch {
    return line
  }
  if (typeof entry !== 'object' || entry === null) return line
  if (entry.level !== 'warn' && entry.level !== 'error' && entry.level !== 'fatal') return undefined
  const cause = entry.error?.message
  return typeof cause === 'string' ? `${entry.msg}: ${cause}` : String(entry.msg)
}

/** Faults of the server itself; errors of single statements belong to whoever sent them. */
export const readablePostgres: Readable = (line) => {
  const found = /\b(PANIC|FATAL):\s*(.*)$/.exec(line)
  // refused and ended connections are part of every start and stop
  if (found === null || /starting up|shutting down|terminating connection/.test(line)) return undefined
  return found[2]
}

export const readableNats: Readable = (line) => /\[(?:ERR|FTL)\]\s*(.*)$/.exec(line)?.[1]

/** True for what every program says when the disk is full. */
export function tellsOfFullDisk(line: string): boolean {
  return /ENOSPC|[Nn]o space left on device|insufficient storage resources/.test(line)
}
