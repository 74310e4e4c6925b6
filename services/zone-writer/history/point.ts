import { parseTtl } from '../../../shared/dns/ttl.ts'

/** A moment of a zone's history, as people name it. Times are ms since the epoch. */
export type PointSpec =
  | { readonly kind: 'serial'; readonly serial: number }
  | { readonly kind: 'time'; readonly at: number }
  | { readonly kind: 'seq'; readonly seq: number }
  | { readonly kind: 'now' }

const FORMS = 'a serial (17), an event (#17), a time (2026-11-25T10:00Z), how long ago (2h), or now'
const LARGEST_SERIAL = 0xffff_ffff

/** Reads `17` (a serial), `#17` (an event), a time, `2h` (ago) or `now`. Throws a RangeError that says what is expected. */
export function parsePoint(text: string, now: number): PointSpec {
  const word = text.trim()
  if (word === 'now') return { kind: 'now' }
  if (/^\d{1,10}$/.test(word) && Number(word) <= LARGEST_SERIAL)
    return { kind: 'serial', serial: Number(word) }
  if (/^#\d{1,15}$/.test(word) && Number(word.slice(1)) > 0)
    return { kind: 'seq', seq: Number(word.slice(1)) }
  const at = readTime(word, now)
  if (at === undefined) throw new RangeError(`'${text}' is no point of a history: expected ${FORMS}`)
  return { kind: 'time', at }
}

/** ISO 8601 in UTC where it names no zone, with a space for the T where wanted, or `2h30m` ago; undefined for anything else. */
export function readTime(text: string, now: number): number | undefined {
  if (text === 'now') return now
  if (/^(-\d+|-?(\d+[smhdw])+)$/i.test(text)) {
    const seconds = parseTtl(text.replace('-', ''))
    return seconds === undefined ? undefined : now - seconds * 1_000
  }
  const found =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/i.exec(text)
  if (found === null) return undefined
  const [, day, time = '00:00', zone = 'Z'] = found
  const at = Date.parse(`${day}T${time}${zone.toUpperCase()}`)
  return Number.isNaN(at) ? undefined : at
}
