import { Class, Type } from '../../../../shared/dns/codes.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import { rdataEqual } from '../../../../shared/dns/rdata.ts'
import { LONGEST_RDATA, type ResourceRecord, type RRset } from '../../../../shared/dns/record.ts'
import { compareSerial, type Serial } from '../../../../shared/dns/serial.ts'
import { serialOf, withSerial } from '../../../../shared/dns/soa.ts'
import { tooLong } from '../../decide/limits.ts'
import { nextSerial } from '../../decide/serial.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { changedRRsets, compareStaged, keepMerged, storedSoa } from '../../store/changed-rrsets.ts'
import { readSettings } from '../../store/zones.ts'
import { done, type FailureCode, failure, type Outcome } from '../failure.ts'
import { DiffBuilder, MOST_DIFF_OCTETS } from './diff-builder.ts'
import { changeOfSet } from './merge.ts'

/** What makes the staged zone of the stored one. */
export interface Change {
  readonly oldSoa: RRset | undefined
  /** Undefined when nothing changes. */
  readonly newSoa: RRset | undefined
  /** Without the SOA records. */
  readonly diff: DiffBuilder
}

const MERGED_AT_ONCE = 1_000

/**
 * Finds the change; `zoneId` is undefined for a zone that is not there yet. Nothing but tables of the transaction is written. `now`,
 * in ms since the epoch, is for a zone whose serials follow the clock.
 */
export async function compareContents(
  trx: DbTransaction,
  apex: Name,
  soa: RRset,
  zoneId: number | undefined,
  now: number,
  mostHeld?: number,
): Promise<Outcome<Change>> {
  await compareStaged(trx, zoneId)
  const found = await gatherDiff(trx, 'bad-zone-file', mostHeld)
  if (!found.ok) return found
  const diff = found.value
  if (zoneId === undefined) return done({ oldSoa: undefined, newSoa: soa, diff })
  return done(await withSoa(trx, { id: zoneId, name: apex }, soa, diff, now))
}

/** The diff with its SOA records; `given` is the SOA that is wanted, undefined when the zone's own is to stay but for its serial. */
export async function withSoa(
  trx: DbTransaction,
  { id, name }: { readonly id: number; readonly name: Name },
  given: RRset | undefined,
  diff: DiffBuilder,
  now: number,
): Promise<Change> {
  const oldSoa = await storedSoa(trx, id, name)
  const { serialPolicy } = await readSettings(trx, id)
  const next = (current: Serial) => nextSerial(current, serialPolicy, now)
  const wanted = given ?? oldSoa
  if (wanted === undefined) throw new Error(`zone ${name} has no SOA`)
  return { oldSoa, newSoa: nextSoa(wanted, oldSoa, diff.removed + diff.added > 0, next), diff }
}

/** The diff of the sets that are kept as changed in the transaction; `code` is for a change that cannot be stored. */
export async function gatherDiff(
  trx: DbTransaction,
  code: FailureCode,
  mostHeld?: number,
): Promise<Outcome<DiffBuilder>> {
  const diff = new DiffBuilder(trx, mostHeld)
  let merged: { owner: Name; rrset: RRset }[] = []
  for await (const { owner, before, after } of changedRRsets(trx)) {
    const change = changeOfSet(before, after)
    const long = change.added.find(({ rdata }) => rdata.length > LONGEST_RDATA)
    if (long !== undefined) return failure(code, `${tooLong(long)}.`)
    await diff.push('removed', change.removed)
    await diff.push('added', change.added)
    if (change.merged !== undefined) merged.push({ owner, rrset: change.merged })
    if (diff.isTooLarge) return tooLarge(code)
    if (merged.length < MERGED_AT_ONCE) continue
    await keepMerged(trx, merged)
    merged = []
  }
  await keepMerged(trx, merged)
  return done(diff)
}

function tooLarge(code: FailureCode): Outcome<never> {
  const limit = MOST_DIFF_OCTETS >> 20
  return failure(code, `The change has more than ${limit} MiB, which is more than one event can hold.`)
}

/** P7: the given serial where it is later, else what the zone's policy makes `next`; none where nothing else changes. */
export function nextSoa(
  given: RRset,
  stored: RRset | undefined,
  othersChange: boolean,
  next: (current: Serial) => Serial,
): RRset | undefined {
  if (stored === undefined) return given
  const [rdata, before] = [given.rdata[0]!, stored.rdata[0]!]
  const [wanted, current] = [serialOf(rdata), serialOf(before)]
  const isLater = compareSerial(current, wanted) === -1
  const isSame = given.ttl === stored.ttl && rdataEqual(Type.SOA, withSerial(rdata, current), before)
  if (!isLater && isSame && !othersChange) return undefined
  return { ...given, rdata: [withSerial(rdata, isLater ? wanted : next(current))] }
}

/** The one record of an SOA's set. */
export function soaRecord({ name, ttl, rdata }: RRset): ResourceRecord {
  return { name, type: Type.SOA, class: Class.IN, ttl, rdata: rdata[0]! }
}
