import { ZONE, zoneFile } from '../zone-file.ts'

/** What a client sends, and to what. */
export interface Case {
  readonly name: string
  readonly outstanding: number
  readonly variant: 'add' | 'replace' | 'delete' | 'prerequisite'
  readonly signed: boolean
  /** Of the zone `example.com`; of each zone where there are several, there are none. */
  readonly records: number
  /** Round-robin over so many zones instead of `example.com`. */
  readonly zones: number
  /** Instead of `example.com`. */
  readonly zone?: string
}

const BASE: Omit<Case, 'name' | 'outstanding'> = { variant: 'add', signed: false, records: 1_000, zones: 0 }

/** The table of docs/performance.md. `large` ones have names of their own, since each takes minutes to set up. */
export const CASES: readonly Case[] = [
  { ...BASE, name: 'add-1', outstanding: 1 },
  { ...BASE, name: 'add-100', outstanding: 100 },
  { ...BASE, name: 'tsig-100', outstanding: 100, signed: true },
  { ...BASE, name: 'prerequisite-100', outstanding: 100, variant: 'prerequisite' },
  { ...BASE, name: 'add-1000', outstanding: 1_000 },
  { ...BASE, name: 'zones-100', outstanding: 100, zones: 100 },
  { ...BASE, name: 'zones-1000', outstanding: 1_000, zones: 100 },
  { ...BASE, name: '100k-add-100', outstanding: 100, records: 100_000 },
  { ...BASE, name: '100k-replace-100', outstanding: 100, records: 100_000, variant: 'replace' },
  { ...BASE, name: '100k-delete-100', outstanding: 100, records: 100_000, variant: 'delete' },
  { ...BASE, name: '1m-add-1', outstanding: 1, records: 1_000_000 },
  { ...BASE, name: '1m-add-100', outstanding: 100, records: 1_000_000 },
]

/** Servers are warmed up by it, in a zone of its own: that of the cases does not grow meanwhile. */
export const WARM: Case = { ...BASE, name: 'warm', outstanding: 100, zone: 'warm.test' }

/** The numbers of the zone file's names that a case replaces or deletes: none of them is another's. */
export function namesOf({ variant, records }: Case): { readonly first: number; readonly end: number } {
  const half = records >> 1
  return variant === 'delete' ? { first: half, end: records } : { first: 0, end: half }
}

/** What is measured unless cases are named: all that is set up within seconds, but for one that is there to compare numbers of writers. */
export const USUAL_CASES = CASES.filter(({ records }) => records <= 100_000)
  .map(({ name }) => name)
  .filter((name) => name !== 'zones-1000')

/** Takes signed updates only, where a server cannot have both in one zone. */
export const SIGNED_ZONE = 'signed.test'
export const KEY = {
  name: 'bench-key',
  secret: Buffer.from('bench-key-only-for-loopback-0001').toString('base64'),
}

export const zoneNumber = (index: number): string => `z${String(index).padStart(3, '0')}.test`

/** Every zone that a run of these cases needs, with its file; the first has so many records. */
export function zoneFiles(cases: readonly Case[], records: number): ReadonlyMap<string, string> {
  const zones = Math.max(...cases.map((one) => one.zones))
  const numbered = Array.from({ length: zones }, (_, index): [string, string] => [
    zoneNumber(index),
    zoneFile(zoneNumber(index), 0),
  ])
  const signed: [string, string][] = cases.some((one) => one.signed)
    ? [[SIGNED_ZONE, zoneFile(SIGNED_ZONE, records)]]
    : []
  const warm = zoneFile(WARM.zone!, WARM.records)
  return new Map([[ZONE, zoneFile(ZONE, records)], [WARM.zone!, warm], ...signed, ...numbered])
}
