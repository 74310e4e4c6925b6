import { Class, Type, typeToText } from '../../../../shared/dns/codes.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import type { RRset } from '../../../../shared/dns/record.ts'
import { recordToText } from '../../../../shared/dns/zone-file-text.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import {
  cnamesWithOthers,
  crowdedSets,
  mixedTtls,
  repeatedRecords,
  soasBelow,
  stagedAt,
} from '../../store/staged-faults.ts'
import type { FailureDetail } from '../failure.ts'

const MOST_WARNINGS = 100

/** The staged SOA, and all that keeps the staged records from being a zone. */
export async function faultsOf(
  trx: DbTransaction,
  apex: Name,
): Promise<{ soa: RRset | undefined; faults: FailureDetail[] }> {
  const soa = await stagedAt(trx, apex, Type.SOA)
  const faults: FailureDetail[] = []
  const fault = (message: string, line?: number) =>
    faults.push({ message, ...(line === undefined ? {} : { line }) })
  if (soa === undefined) fault(`there is no SOA record at ${apex}`)
  if ((await stagedAt(trx, apex, Type.NS)) === undefined) fault(`there is no NS record at ${apex}`)
  for (const { owner, line } of await soasBelow(trx, apex))
    fault(`an SOA record may stand only at ${apex}, not at ${owner}`, line)
  for (const { owner, type, records, line } of await crowdedSets(trx))
    fault(`${owner} has ${records} ${typeToText(type)} records; there may be one`, line)
  for (const { owner, types, line } of await cnamesWithOthers(trx))
    fault(`${owner} has a CNAME record and also ${types.map(typeToText).join(', ')}`, line)
  return { soa, faults }
}

/** What was taken otherwise than it was given; `repeated` records were given before. */
export async function warningsOf(trx: DbTransaction, repeated: number): Promise<string[]> {
  const again = repeated === 0 ? [] : await repeatedRecords(trx, MOST_WARNINGS)
  const mixed = await mixedTtls(trx, MOST_WARNINGS)
  return [
    ...again.map(
      ({ line, ...record }) =>
        `given more than once, stored once: ${recordToText({ ...record, class: Class.IN })}`,
    ),
    ...more(repeated - again.length, 'records given more than once'),
    ...mixed.sets.map(
      ({ name, type, ttl }) => `TTLs differ in one set, ${ttl} is stored: ${name} ${typeToText(type)}`,
    ),
    ...more(mixed.count - mixed.sets.length, 'sets whose TTLs differ'),
  ]
}

function more(count: number, what: string): string[] {
  return count > 0 ? [`and ${count} more ${what}`] : []
}
