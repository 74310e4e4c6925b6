import { Rcode, typeToText } from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { LONGEST_RDATA, type ResourceRecord } from '../../../shared/dns/record.ts'
import type { ZoneSettings } from '../../../shared/zone-settings.ts'
import { type Refusal, refusal } from './decision.ts'
import type { Draft, TouchedName } from './draft.ts'

/** Counts that a zone's owner may bound; 0 is no bound. */
export type Limits = Pick<ZoneSettings, 'maxRecords' | 'maxRecordsPerRrset' | 'maxTypesPerName'>

/**
 * Whether the net result of a message (§3.4.2) stays within the zone's limits. Only growth is refused: what is larger already, by
 * an import or since a limit was lowered, may shrink or be replaced. `recordCount` is the zone's before the message.
 */
export function checkLimits(draft: Draft, limits: Limits, recordCount: number): Refusal | undefined {
  let growth = 0
  for (const touched of draft.touched()) {
    const exceeded = typesExceeded(touched, limits.maxTypesPerName)
    if (exceeded !== undefined) return exceeded
    for (const { type, before, after } of sizesOf(touched)) {
      if (exceeds(before, after, limits.maxRecordsPerRrset))
        return recordsExceeded(touched.name, type, after, limits.maxRecordsPerRrset)
      growth += after - before
    }
  }
  const records = recordCount + growth
  if (!exceeds(recordCount, records, limits.maxRecords)) return undefined
  return exceeded(
    `the zone would have ${records} records; it may have ${limits.maxRecords} (its setting max-records)`,
  )
}

/** A record that is added must fit into every message that is to hold it, or nobody could transfer the zone any more. */
export function checkLengths(added: readonly ResourceRecord[]): Refusal | undefined {
  const long = added.find(({ rdata }) => rdata.length > LONGEST_RDATA)
  return long && exceeded(tooLong(long))
}

export function tooLong({ name, type, rdata }: ResourceRecord): string {
  return `${name} ${typeToText(type)} has ${rdata.length} octets of RDATA; with more than ${LONGEST_RDATA} it fits into no signed transfer`
}

function exceeds(before: number, after: number, limit: number): boolean {
  return limit !== 0 && after > limit && after > before
}

function typesExceeded({ name, before, after }: TouchedName, limit: number): Refusal | undefined {
  if (!exceeds(before.size, after.size, limit)) return undefined
  return exceeded(
    `${name} would have ${after.size} types; a name may have ${limit} (the zone's setting max-types-per-name)`,
  )
}

function recordsExceeded(name: Name, type: number, count: number, limit: number): Refusal {
  return exceeded(
    `${name} ${typeToText(type)} would have ${count} records; an RRset may have ${limit} (the zone's setting max-records-per-rrset)`,
  )
}

function exceeded(detail: string): Refusal {
  return refusal(Rcode.REFUSED, '3.4.2', 'limit', detail)
}

function* sizesOf({
  before,
  after,
}: TouchedName): Generator<{ type: number; before: number; after: number }> {
  for (const type of new Set([...before.keys(), ...after.keys()]))
    yield { type, before: before.get(type)?.rdata.length ?? 0, after: after.get(type)?.values.size ?? 0 }
}
