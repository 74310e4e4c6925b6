import { CliError } from '../command.ts'

/** The length that MACs may be cut to; null for whole ones only. */
export function leastMacFrom(text: string): number | null {
  if (text === 'whole') return null
  if (/^[1-9]\d?$/.test(text)) return Number(text)
  throw new CliError(`--least-mac ${text}: a number of octets is expected, such as 16, or whole`, 2)
}
