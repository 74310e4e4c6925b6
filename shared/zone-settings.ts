/** How the serial moves when a change does not bring its own (RFC 2136 §3.6). */
export const SERIAL_POLICIES = ['increment', 'unixtime', 'date'] as const
export type SerialPolicy = (typeof SERIAL_POLICIES)[number]

/** So many, and that many again in each period: what is not used gathers up to `count`. A count of 0 is no limit. */
export interface Rate {
  readonly count: number
  readonly seconds: number
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
}

export const DEFAULT_SETTINGS: ZoneSettings = {
  serialPolicy: 'increment',
  maxRecords: 0,
  maxRecordsPerRrset: 100,
  maxTypesPerName: 100,
  maxUpdatesPerIdentity: { count: 0, seconds: 60 },
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
  if (count === 0) return 'no limit'
  const unit = (['d', 'h', 'm'] as const).find((each) => seconds % UNITS[each] === 0) ?? 's'
  return `${count}/${seconds / UNITS[unit]}${unit}`
}

/** The largest limit that can be stored. */
export const LARGEST_LIMIT = 0x7fff_ffff
