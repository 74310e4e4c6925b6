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

/** The largest limit that can be stored. */
export const LARGEST_LIMIT = 0x7fff_ffff
