/** How the serial moves when a change does not bring its own (RFC 2136 §3.6). */
export const SERIAL_POLICIES = ['increment', 'unixtime', 'date'] as const
export type SerialPolicy = (typeof SERIAL_POLICIES)[number]

/** So many, and that many again in each period: what is not used gathers up to `count`. A count of 0 is no limit. */
export interface Rate {
  readonly count: number
  readonly seconds: number
}

/** The shortest and the longest lease that updates are granted, in seconds (RFC 9664). A longest of 0: none are. */
export interface LeaseRange {
  readonly least: number
  readonly longest: number
}

/** What the owner of a zone decides about its updates. A limit of 0 is none. */
export interface ZoneSettings {
  readonly serialPolicy: SerialPolicy
  /** Records of the zone, its SOA included. */
  readonly maxRecords: number
  readonly maxRecordsPerRrset: number
  readonly maxTypesPerName: number
  /** Updates of one key, or of one address without a key, that an edge takes. */
  readonly maxUpdatesPerIdentity: Rate
  readonly leases: LeaseRange
}

export const DEFAULT_SETTINGS: ZoneSettings = {
  serialPolicy: 'increment',
  maxRecords: 0,
  maxRecordsPerRrset: 100,
  maxTypesPerName: 100,
  maxUpdatesPerIdentity: { count: 0, seconds: 60 },
  leases: { least: 0, longest: 0 },
}

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const
type Unit = keyof typeof UNITS
const LONGEST_PERIOD_S = 366 * UNITS.d

/** Reads `10/1m`, `100/h` or 0 for no limit; units are s, m, h and d. Undefined for any other text. */
export function rateFromText(text: string): Rate | undefined {
  if (text === '0') return DEFAULT_SETTINGS.maxUpdatesPerIdentity
  const [, count, periods = '1', unit] = /^(\d{1,9})\/(\d{1,6})?([smhd])$/.exec(text) ?? []
  if (count === undefined || Number(count) === 0) return undefined
  const seconds = Number(periods) * UNITS[unit as Unit]
  return seconds > 0 && seconds <= LONGEST_PERIOD_S ? { count: Number(count), seconds } : undefined
}

/** `10/1m`, in the largest unit that fits; `no limit` for a count of 0. */
export function rateText({ count, seconds }: Rate): string {
  return count === 0 ? 'no limit' : `${count}/${durationText(seconds)}`
}

const DURATION = /^(\d{1,9})([smhd]?)$/

/** Reads `90`, `30m` or `1d` as seconds, up to a year; undefined for any other text. */
export function durationFromText(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? []
  if (count === undefined) return undefined
  const seconds = Number(count) * (unit ? UNITS[unit as Unit] : 1)
  return seconds <= LONGEST_PERIOD_S ? seconds : undefined
}

/** Seconds in the largest unit that they are whole in, such as `90s`, `30m` or `1d`. */
export function durationText(seconds: number): string {
  const unit = (['d', 'h', 'm'] as const).find((each) => seconds > 0 && seconds % UNITS[each] === 0) ?? 's'
  return `${seconds / UNITS[unit]}${unit}`
}

/** The longest lease that a zone may grant. */
export const LONGEST_LEASE_S = LONGEST_PERIOD_S

/** Reads `30m..1d`, or `off`. Undefined for any other text, and for a range that begins with 0 or ends before it begins. */
export function leaseRangeFromText(text: string): LeaseRange | undefined {
  if (text === 'off') return DEFAULT_SETTINGS.leases
  const [least, longest, ...more] = text.split('..').map(durationFromText)
  if (least === undefined || longest === undefined || more.length > 0) return undefined
  return least > 0 && least <= longest ? { least, longest } : undefined
}

/** `30m..1d`, or `off`. */
export function leaseRangeText({ least, longest }: LeaseRange): string {
  return longest === 0 ? 'off' : `${durationText(least)}..${durationText(longest)}`
}

/** The largest limit that can be stored. */
export const LARGEST_LIMIT = 0x7fff_ffff
