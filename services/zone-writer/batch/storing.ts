import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { PublishedRanges } from '../publish/published-ranges.ts'
import { insertingEvents } from '../store/events.ts'
import { savingLeases } from '../store/leases.ts'
import { savingRRsets } from '../store/rrsets.ts'
import type { Statement } from '../store/statement.ts'
import { advancingZones, type MovedZone } from '../store/zones.ts'
import type { DecidedBatch, LockedZone } from './decide-batch.ts'
import type { ReadCommand } from './read-commands.ts'

/** What a decided batch changes: events, RRsets, leases, and, the last of them, where its zones have got to, in NATS as well. */
export function storing(
  zones: ReadonlyMap<number, LockedZone>,
  result: DecidedBatch,
  commands: readonly ReadCommand[],
  published: PublishedRanges | undefined,
): Statement[] {
  if (result.events.length === 0) return []
  return [
    insertingEvents(result.events, digestsOf(commands)),
    ...savingRRsets(
      [...zones].map(([zoneId, { contents }]) => ({
        zoneId,
        contents,
        touched: result.touched.get(zoneId) ?? [],
      })),
    ),
    ...savingLeases(
      [...zones].flatMap(([zoneId, { leases }]) =>
        leases === undefined ? [] : [{ zoneId, granted: leases.granted, ended: leases.ended }],
      ),
    ),
    advancingZones(
      [...lastEvents(result)].map(([zoneId, event]) => ({
        from: zones.get(zoneId)!.head.seq,
        last: event,
        recordCount: result.recordCounts.get(zoneId)!,
        published: published?.of(zoneId),
      })),
    ),
  ]
}

/** After the commit: what the zones' rows say by then of what has reached NATS, by the rows of the last statement of {@link storing}, if there was one. */
export function recordPlaces(
  published: PublishedRanges | undefined,
  rows: readonly unknown[] | undefined,
): void {
  for (const { id, published: seq } of (rows ?? []) as readonly MovedZone[]) published?.reached(id, seq)
}

/** The newest event of each zone that has one. */
export function lastEvents({ events }: DecidedBatch): ReadonlyMap<number, ZoneEvent> {
  return new Map(events.map((event) => [event.zoneId, event]))
}

function digestsOf(commands: readonly ReadCommand[]): ReadonlyMap<string, Uint8Array> {
  return new Map(
    commands.flatMap(({ command, mark }): [string, Uint8Array][] =>
      mark === undefined ? [] : [[command.id, mark.digest]],
    ),
  )
}
