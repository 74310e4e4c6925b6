import type { Name } from '../../../shared/dns/name.ts'
import type { Period } from '../../../shared/tracing/tracing.ts'
import { ZoneContents } from '../../../shared/zone-contents.ts'
import { ZoneLeases } from '../decide/zone-leases.ts'
import type { PublishedRanges } from '../publish/published-ranges.ts'
import { BatchTransaction, type CommitPool } from '../store/batch-transaction.ts'
import { leasesByZone, loadingLeases } from '../store/leases.ts'
import { findingRecorded, loadRecorded, savingResentSignatures } from '../store/recorded.ts'
import { loadingRRsets, rrsetFromRow, type StoredRRset } from '../store/rrsets.ts'
import type { Statement } from '../store/statement.ts'
import { findingZones, lockingZones, type ZoneRow, zonesFromRows } from '../store/zones.ts'
import { namesWanted } from './batch-names.ts'
import { commitAsKnown, remember, wantedOf } from './commit-as-known.ts'
import { type BatchResult, decideBatch, type LockedZone, type QueuedCommand } from './decide-batch.ts'
import { readCommands, withoutReading } from './read-commands.ts'
import { recordPlaces, storing } from './storing.ts'
import type { ZoneMemory } from './zone-memory.ts'

export interface CommitOptions {
  /** The commands are not decided but recorded as failed, and that is the reason. */
  readonly setAside?: string
  /** Their messages are not looked at. */
  readonly unread?: boolean
  /** Does not wait for zones that something else holds: their commands are left. */
  readonly leaveBusy?: boolean
  /** Does not wait for them either, and throws. */
  readonly atOnce?: boolean
  /** What earlier batches left their zones as. */
  readonly memory?: ZoneMemory
  /** What of their events has reached NATS and is not recorded yet: that is one write with their rows. */
  readonly published?: PublishedRanges | undefined
}

export interface CommittedBatch extends BatchResult {
  /** Commands that were left: nothing of them was looked at. */
  readonly left: readonly QueuedCommand[]
  /** When deciding the others began and ended, by `performance.now()`. */
  readonly decided: Period
}

/** Called when a batch is committed and told of, with those commands that were left. */
export type Settle = (left: readonly QueuedCommand[]) => void

/**
 * Decides a batch and commits all of it in one transaction: events, changed RRsets, serials. That is one round trip where all that it
 * looks at is remembered, and two elsewhere. When this throws,
 * the outcome may be unknown (the connection broke while committing): tell nobody, and let redelivery find what was recorded
 * (P1, P3).
 */
export async function commitBatch(
  pool: CommitPool,
  queue: readonly QueuedCommand[],
  now: () => number,
  { setAside, unread = false, leaveBusy = false, atOnce = false, memory, published }: CommitOptions = {},
): Promise<CommittedBatch> {
  const read = unread ? withoutReading(queue) : readCommands(queue)
  const names = namesWanted(read)
  if (memory !== undefined && setAside === undefined && !unread && !leaveBusy) {
    const done = await commitAsKnown(pool, { memory, published, now, atOnce }, read, names)
    if (done !== undefined) return done
  }
  return await BatchTransaction.run(pool, async (transaction) => {
    // the locks first: another writer may have recorded the same commands, or changed the records, while we waited for them
    const [locked, known, stored, there = []] = await transaction.begin([
      lockingZones([...names.keys()], leaveBusy ? 'leave-out' : atOnce ? 'fail' : 'wait'),
      findingRecorded(wantedOf(read)),
      loadingNames(names),
      ...(leaveBusy ? [findingZones([...names.keys()])] : []),
    ])
    const ask = (statement: Statement) => transaction.also<unknown>(statement)
    const heads = await zonesFromRows(locked!, ask)
    const zones = zonesWith(heads, stored!.map(rrsetFromRow), await leasesAt(heads, names, ask))
    const isLeft = ({ command: { zoneId } }: QueuedCommand) => isBusy(zoneId, there, zones)
    const commands = leaveBusy ? read.filter((one) => !isLeft(one)) : read
    const recorded = await loadRecorded(known!, ask)
    const from = performance.now()
    const result = decideBatch(zones, recorded, commands, now(), setAside)
    const decided = { from, to: performance.now() }
    for (const { id, seq } of heads) published?.endsAt(id, seq)
    const statements = storing(zones, result, commands, published)
    const results = await transaction.commit([...statements, ...savingResentSignatures(result.resent, now())])
    recordPlaces(published, results[statements.length - 1])
    if (memory !== undefined) remember(memory, zones, result, names)
    return { ...result, decided, left: leaveBusy ? queue.filter(isLeft) : [] }
  })
}

/** There, but not locked by this transaction. */
function isBusy(zoneId: number, there: readonly unknown[], locked: ReadonlyMap<number, LockedZone>): boolean {
  return !locked.has(zoneId) && (there as readonly { id: number }[]).some(({ id }) => id === zoneId)
}

function loadingNames(names: ReadonlyMap<number, ReadonlySet<Name>>): Statement {
  const pairs = [...names].flatMap(([zoneId, wanted]) => [...wanted].map((name) => ({ zoneId, name })))
  return loadingRRsets(
    pairs.map((pair) => pair.zoneId),
    pairs.map((pair) => pair.name),
  )
}

/** Of those zones that grant leases: a round trip that the others do without. */
async function leasesAt(
  heads: readonly ZoneRow[],
  names: ReadonlyMap<number, ReadonlySet<Name>>,
  ask: (statement: Statement) => Promise<unknown[]>,
): Promise<ReadonlyMap<number, ZoneLeases>> {
  const granting = heads.filter(({ settings }) => settings.leases.longest > 0).map(({ id }) => id)
  if (granting.length === 0) return new Map()
  const known = leasesByZone(await ask(loadingLeases(new Map(granting.map((id) => [id, names.get(id)!])))))
  return new Map(granting.map((id) => [id, new ZoneLeases(known.get(id) ?? [])]))
}

function zonesWith(
  rows: readonly ZoneRow[],
  stored: readonly StoredRRset[],
  leasesOf: ReadonlyMap<number, ZoneLeases>,
): ReadonlyMap<number, LockedZone> {
  const zones = new Map(
    rows.map((row): [number, LockedZone] => {
      const leases = leasesOf.get(row.id)
      return [row.id, { head: row, contents: new ZoneContents(row.name), ...(leases && { leases }) }]
    }),
  )
  for (const { zoneId, rrset } of stored) zones.get(zoneId)?.contents.put(rrset)
  return zones
}
