import { typeToText } from '../../../../shared/dns/codes.ts'
import { canonicalName, type GivenName, type Name } from '../../../../shared/dns/name.ts'
import type { RRset } from '../../../../shared/dns/record.ts'
import type { ZoneContents } from '../../../../shared/zone-contents.ts'
import { type ChainEnd, hex } from './chain.ts'
import { type Fault, fault } from './fault.ts'

/** A zone's row, as far as it follows from its history. */
export interface StoredZone {
  readonly name: string
  readonly seq: number
  readonly serial: number
  readonly hash: Uint8Array
  readonly publishedSeq: number
  /** Null when it was never counted. */
  readonly recordCount: number | null
  readonly deleted: boolean
}

/** A row of `rrset`. */
export interface StoredRRset {
  readonly owner: string
  readonly ownerAsGiven: string
  readonly type: number
  readonly ttl: number
  readonly rdata: readonly Uint8Array[]
}

/** What differs between a zone's row and the end of its history. */
export function zoneFaults(
  zone: StoredZone,
  end: ChainEnd,
  { apex, records }: { readonly apex: string; readonly records: number },
  wasDeleted: boolean,
): Fault[] {
  const faults: Fault[] = []
  const compare = (field: string, stored: unknown, expected: unknown) => {
    if (stored !== expected)
      faults.push(fault(undefined, `zone.${field}`, `stored is ${stored}, its history says ${expected}`))
  }
  compare('name', zone.name, apex)
  compare('seq', zone.seq, end.seq)
  compare('serial', zone.serial, end.serial)
  compare('hash', hex(zone.hash), hex(end.hash))
  compare('deleted_at', zone.deleted ? 'set' : 'empty', wasDeleted ? 'set' : 'empty')
  if (zone.recordCount !== null && !wasDeleted) compare('record_count', zone.recordCount, records)
  if (zone.publishedSeq > end.seq)
    faults.push(
      fault(
        undefined,
        'zone.published_seq',
        `${zone.publishedSeq} events are said to be published, there are ${end.seq}`,
      ),
    )
  return faults
}

/** Compares stored RRsets, one at a time, with what history adds up to: octet for octet, values in their order. */
export class StoredRRsets {
  private readonly contents: ZoneContents
  private seen = 0

  constructor(contents: ZoneContents) {
    this.contents = contents
  }

  take(row: StoredRRset): Fault | undefined {
    this.seen++
    const expected = this.contents.at(row.owner as Name)?.get(row.type)
    const what = `${row.owner} ${typeToText(row.type)}`
    if (expected === undefined)
      return fault(undefined, 'rrset', `${what} is stored, history has no such RRset`)
    const differs = fieldThatDiffers(row, expected)
    if (differs === undefined) return undefined
    return fault(undefined, `rrset.${differs}`, `${what}: its ${differs} is not what history says`)
  }

  /** RRsets of history that were not among the stored ones. Costs more than {@link isComplete}. */
  missing(stored: ReadonlySet<string>): Fault[] {
    return [...this.contents.rrsets()]
      .filter(({ name, type }) => !stored.has(`${type} ${canonicalName(name)}`))
      .map(({ name, type }) =>
        fault(undefined, 'rrset', `${name} ${typeToText(type)} is not stored, history has it`),
      )
  }

  /** Whether as many were stored as history has; what is stored twice, or not known, was a fault before. */
  get isComplete(): boolean {
    let count = 0
    for (const _ of this.contents.rrsets()) count++
    return this.seen === count
  }
}

function fieldThatDiffers(row: StoredRRset, expected: RRset): string | undefined {
  if (row.ownerAsGiven !== expected.name || row.owner !== canonicalName(row.ownerAsGiven as GivenName))
    return 'owner_as_given'
  if (row.ttl !== expected.ttl) return 'ttl'
  const same =
    row.rdata.length === expected.rdata.length &&
    row.rdata.every((rdata, index) => Buffer.compare(rdata, expected.rdata[index]!) === 0)
  return same ? undefined : 'rdata'
}

export function recordsIn(contents: ZoneContents): number {
  let count = 0
  for (const { rdata } of contents.rrsets()) count += rdata.length
  return count
}
