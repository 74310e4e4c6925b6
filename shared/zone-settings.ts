/** How the serial moves when a change does not bring its own (RFC 2136 §3.6). */
export const SERIAL_POLICIES = ['increment', 'unixtime', 'date'] as const
export type SerialPolicy = (typeof SERIAL_POLICIES)[number]

/** What the owner of a zone decides about its updates. A limit of 0 is none. */
export interface ZoneSettings {
  readonly serialPolicy: SerialPolicy
  /** Records of the zone, its SOA included. */
  readonly maxRecords: number
  readonly maxRecordsPerRrset: number
  readonly maxTypesPerName: number
}

export const DEFAULT_SETTINGS: ZoneSettings = {
  serialPolicy: 'increment',
  maxRecords: 0,
  maxRecordsPerRrset: 100,
  maxTypesPerName: 100,
}

/** The largest limit that can be stored. */
export const LARGEST_LIMIT = 0x7fff_ffff
