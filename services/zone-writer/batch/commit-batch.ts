import type { Kysely, Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import type { Name } from '../../../shared/dns/name.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { RESEND_LOOK_BACK_MS } from '../../../shared/time-limits.ts'
import { ZoneContents } from '../../../shared/zone-contents.ts'
import { namesTouched } from '../decide/apply.ts'
import { insertEvents } from '../store/events.ts'
import { findRecorded, saveResentSignatures, type Wanted } from '../store/recorded.ts'
import { loadRRsets, saveRRsets } from '../store/rrsets.ts'
import { advanceZones, lockZones, type ZoneRow } from '../store/zones.ts'
import {
  type BatchResult,
  type DecidedBatch,
  decideBatch,
  type LockedZone,
  type QueuedCommand,
} from './decide-batch.ts'
import { type ReadCommand, readCommands } from './read-commands.ts'

/**
 * Decides a batch and commits all of it in one transaction: events, changed RRsets, serials. When this throws, the outcome may
 * be unknown (the connection broke while committing): tell nobody, and let redelivery find what was recorded (P1, P3).
 * With `setAside` the commands are not decided but recorded as failed for that reason.
 */
export async function commitBatch(
  db: Kysely<Database>,
  queue: readonly QueuedCommand[],
  now: () => number,
  setAside?: string,
): Promise<BatchResult> {
  const commands = readCommands(queue)
  return await db.transaction().execute(async (trx) => {
    const rows = await lockZones(trx, [...new Set(commands.map(({ command }) => command.zoneId))])
    // only after the locks: another writer may have recorded the same commands while we waited for them
    const recorded = await findRecorded(trx, wantedOf(commands))
    const zones = await loadZones(trx, rows, commands)
    const result = decideBatch(zones, recorded, commands, now(), setAside)
    await store(trx, zones, result, commands)
    await saveResentSignatures(trx, result.resent, now())
    return result
  })
}

function wantedOf(commands: readonly ReadCommand[]): Wanted {
  return {
    commandIds: commands.map(({ command }) => command.id),
    fingerprints: commands.map(({ command }) => command.fingerprint),
    since: Math.min(...commands.map(({ queuedAt }) => queuedAt)) - RESEND_LOOK_BACK_MS,
    signedDigests: commands.flatMap(({ mark }) => (mark === undefined ? [] : [mark.digest])),
  }
}

/** The part of each zone that the batch can look at. */
async function loadZones(
  trx: Transaction<Database>,
  rows: readonly ZoneRow[],
  commands: readonly ReadCommand[],
): Promise<ReadonlyMap<number, LockedZone>> {
  const names = new Map(rows.map((row) => [row.id, new Set<Name>([row.name])]))
  for (const { command, message } of commands) {
    const wanted = names.get(command.zoneId)
    if (!message.ok || wanted === undefined) continue
    const { answers, authorities } = message.value
    for (const name of namesTouched(command.zone, [...answers, ...authorities])) wanted.add(name)
  }
  const pairs = [...names].flatMap(([zoneId, wanted]) => [...wanted].map((name) => ({ zoneId, name })))
  const stored = await loadRRsets(
    trx,
    pairs.map((pair) => pair.zoneId),
    pairs.map((pair) => pair.name),
  )
  const zones = new Map(rows.map((row) => [row.id, { head: row, contents: new ZoneContents(row.name) }]))
  for (const { zoneId, rrset } of stored) zones.get(zoneId)?.contents.put(rrset)
  return zones
}

async function store(
  trx: Transaction<Database>,
  zones: ReadonlyMap<number, LockedZone>,
  result: DecidedBatch,
  commands: readonly ReadCommand[],
): Promise<void> {
  if (result.events.length === 0) return
  const last = new Map<number, ZoneEvent>()
  for (const event of result.events) last.set(event.zoneId, event)
  await insertEvents(trx, result.events, digestsOf(commands))
  for (const [zoneId, { contents }] of zones)
    await saveRRsets(trx, zoneId, contents, result.touched.get(zoneId) ?? [])
  await advanceZones(
    trx,
    [...last].map(([zoneId, event]) => ({
      from: zones.get(zoneId)!.head.seq,
      last: event,
      recordCount: result.recordCounts.get(zoneId)!,
    })),
  )
}

function digestsOf(commands: readonly ReadCommand[]): ReadonlyMap<string, Uint8Array> {
  return new Map(
    commands.flatMap(({ command, mark }): [string, Uint8Array][] =>
      mark === undefined ? [] : [[command.id, mark.digest]],
    ),
  )
}
