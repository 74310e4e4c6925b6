/** What every line has, and what stands before the rest where it is there. */
const FIRST = ['level', 'time', 'service', 'msg'] as const
const COLOURS: Readonly<Record<string, number>> = { debug: 90, info: 32, warn: 33, error: 31, fatal: 31 }

/**
 * One line of the log for people: time of day, level, service, message, then the other fields as `name=value`, and what an error says with where
 * it came from below. Anything that is no line of ours comes back as it is.
 */
export function readableLine(line: string, isColoured: boolean): string {
  const entry = entryOf(line)
  if (entry === undefined) return line.trimEnd()
  const { level, time, service, msg, error, ...rest } = entry
  const colour = COLOURS[String(level)]
  const word = String(level).padEnd(5)
  const shown = isColoured && colour !== undefined ? `\u001B[${colour}m${word}\u001B[0m` : word
  const fields = Object.entries(rest).map(([name, value]) => ` ${name}=${valueText(value)}`)
  return `${String(time).slice(11, 23)} ${shown} ${service}: ${msg}${fields.join('')}${errorText(error)}`
}

function entryOf(line: string): Record<string, unknown> | undefined {
  try {
    const entry = JSON.parse(line) as Record<string, unknown>
    return typeof entry === 'object' && entry !== null && FIRST.every((name) => name in entry)
      ? entry
      : undefined
  } catch {
    return undefined
  }
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const inside = Object.entries(value).map(([name, one]) => `${name}:${valueText(one)}`)
  return Array.isArray(value) ? JSON.stringify(value) : inside.join(',')
}

function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return error === undefined ? '' : `\n  ${error}`
  const { stack, message } = error as { stack?: unknown; message?: unknown }
  return `\n  ${String(stack ?? message).replaceAll('\n', '\n  ')}`
}
