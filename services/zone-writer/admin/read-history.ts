import { Type, typeToText } from '../../../shared/dns/codes.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import { rrsetLines } from '../../../shared/dns/zone-file-text.ts'
import { rrsetsAsOf } from '../history/as-of.ts'
import type { PointSpec } from '../history/point.ts'
import { type Point, resolvePoint } from '../history/resolve.ts'
import type { Db } from '../store/admin-zones.ts'
import { done, type Outcome } from './failure.ts'
import { zoneInHistory } from './names.ts'

/** The moment of a zone's history that is meant. */
export async function pointIn(db: Db, name: string, spec: PointSpec, now: number): Promise<Outcome<Point>> {
  const zone = await zoneInHistory(db, name)
  return zone.ok ? await resolvePoint(db, zone.value, spec, now) : zone
}

/** A zone as it was, as the lines of a zone file; whoever takes them must take all, or end the generator. */
export async function exportZoneAsOf(
  db: Db,
  name: string,
  spec: PointSpec,
  now: number,
): Promise<Outcome<{ point: Point; lines: AsyncGenerator<string> }>> {
  const point = await pointIn(db, name, spec, now)
  if (!point.ok) return point
  const rrsets = await rrsetsAsOf(db, point.value)
  if (!rrsets.ok) return rrsets
  return done({ point: point.value, lines: linesOf(rrsets.value) })
}

async function* linesOf(rrsets: AsyncIterable<RRset>): AsyncGenerator<string> {
  for await (const rrset of rrsets) yield* rrsetLines(rrset)
}

export interface ZoneAsOf {
  readonly name: string
  readonly seq: number
  readonly serial: number
  /** When the event that led there was decided; ISO 8601. */
  readonly time: string
  readonly records: number
  /** Records by type. */
  readonly types: Readonly<Record<string, number>>
  readonly note?: string
}

/** What a zone had at a moment of its history. Settings and rules are not part of it. */
export async function showZoneAsOf(
  db: Db,
  name: string,
  spec: PointSpec,
  now: number,
): Promise<Outcome<ZoneAsOf>> {
  const point = await pointIn(db, name, spec, now)
  if (!point.ok) return point
  const rrsets = await rrsetsAsOf(db, point.value)
  if (!rrsets.ok) return rrsets
  const counts = await countTypes(rrsets.value)
  const { apex, seq, serial, at, note } = point.value
  return done({
    name: apex,
    seq,
    serial,
    time: new Date(at).toISOString(),
    records: [...counts.values()].reduce((sum, count) => sum + count, 0),
    types: Object.fromEntries(
      [...counts].toSorted(([a], [b]) => a - b).map(([type, count]) => [typeToText(type), count]),
    ),
    ...(note === undefined ? {} : { note }),
  })
}

async function countTypes(
  rrsets: AsyncIterable<{ type: number; rdata: readonly Uint8Array[] }>,
): Promise<Map<number, number>> {
  const counts = new Map<number, number>([[Type.SOA, 0]])
  for await (const { type, rdata } of rrsets) counts.set(type, (counts.get(type) ?? 0) + rdata.length)
  return counts
}
