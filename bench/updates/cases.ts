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
  { ...BASE, name: '100k-add-100', outstanding: 100, records: 100_000 },
  { ...BASE, name: '100k-replace-100', outstanding: 100, records: 100_000, variant: 'replace' },
  { ...BASE, name: '100k-delete-100', outstanding: 100, records: 100_000, variant: 'delete' },
  { ...BASE, name: '1m-add-1', outstanding: 1, records: 1_000_000 },
  { ...BASE, name: '1m-add-100', outstanding: 100, records: 1_000_000 },
]

/** What is measured unless cases are named: all that is set up within seconds. */
export const USUAL_CASES = CASES.filter(({ records }) => records <= 100_000).map(({ name }) => name)

/** Takes signed updates only, where a server cannot have both in one zone. */
export const SIGNED_ZONE = 'signed.test'
export const KEY = {
  name: 'bench-key',
  secret: Buffer.from('bench-key-only-for-loopback-0001').toString('base64'),
}

export const zoneNumber = (index: number): string => `z${String(index).padStart(3, '0')}.test`

/** Every zone that a run of these cases needs, with its file; the first, with so many records, is also the one that servers are warmed up by. */
export function zoneFiles(cases: readonly Case[], records: number): ReadonlyMap<string, string> {
  const zones = Math.max(...cases.map((one) => one.zones))
  const numbered = Array.from({ length: zones }, (_, index): [string, string] => [
    zoneNumber(index),
    zoneFile(zoneNumber(index), 0),
  ])
  const signed: [string, string][] = cases.some((one) => one.signed)
    ? [[SIGNED_ZONE, zoneFile(SIGNED_ZONE, records)]]
    : []
  return new Map([[ZONE, zoneFile(ZONE, records)], ...signed, ...numbered])
}
