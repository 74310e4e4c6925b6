import type { Identity, Source } from '../../../shared/commands.ts'
import { typeFromText, typeToText } from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { serialOf } from '../../../shared/dns/soa.ts'
import { differencesIn, outside } from '../history/as-of.ts'
import { ownerKey } from '../history/owner-key.ts'
import type { PointSpec } from '../history/point.ts'
import { type Point, resolvePoint } from '../history/resolve.ts'
import type { Db, DbTransaction, ZoneSummary } from '../store/admin-zones.ts'
import type { ChangedRRset } from '../store/changed-rrsets.ts'
import { attemptChange, soughtChange } from './contents/change-attempts.ts'
import type { Change } from './contents/compare.ts'
import { plannedChange } from './contents/planned-change.ts'
import { type Preview, previewOf } from './contents/preview.ts'
import type { SeenZone } from './contents/seen-zone.ts'
import { announceChange, storeChange } from './contents/store-change.ts'
import type { AdminContext } from './context.ts'
import { done, failure, type Outcome } from './failure.ts'
import { nothingInTheWay } from './in-the-way.ts'
import { readCanonicalName, zoneNamed } from './names.ts'

export interface RestoreRequest {
  readonly name: string
  readonly to: PointSpec
  /** Only this name and what is below it. */
  readonly below?: string
  /** Only RRsets of these types, as text. */
  readonly types?: readonly string[]
  readonly dryRun?: boolean
  /** The event that the zone was at when somebody looked at the difference. */
  readonly ifSeq?: number
  /** The zone's newest event when the request came, where it had to wait since. */
  readonly began?: number
  readonly by: Identity
  readonly source: Source
}

export interface RestoredZone {
  readonly name: Name
  /** The moment that it was restored to; `time` is ISO 8601. */
  readonly to: { readonly seq: number; readonly serial: number; readonly time: string }
  readonly note?: string
  readonly dryRun: boolean
  /** The event that the difference was found at: `ifSeq` of a request that is to do just that. */
  readonly basedOn: number
  /** Of the event that says so; not there after a dry run. */
  readonly seq?: number
  readonly serialBefore: number
  /** As before when nothing changed; what it would be, after a dry run. */
  readonly serial: number
  /** Records, without the SOA. */
  readonly removed: number
  readonly added: number
  readonly difference: Preview
}

/**
 * Puts a zone's contents, or a part of them, back as they were at a moment, as one event with a new serial, in one transaction; then tells
 * the edges. The time it takes goes with what happened since. A dry run says what it would do.
 */
export async function restoreZone(
  admin: AdminContext,
  request: RestoreRequest,
): Promise<Outcome<RestoredZone>> {
  const zone = await zoneNamed(admin.db, request.name)
  if (!zone.ok) return zone
  const wanted = await wantedOf(admin.db, zone.value, request, admin.now())
  if (!wanted.ok) return wanted
  const find = (trx: DbTransaction, seen: SeenZone) => findChange(trx, admin, seen, wanted.value)
  if (request.dryRun) {
    const found = await soughtChange(admin.db, latest(zone.value, wanted.value.to), find)
    return found.ok ? done(found.value.result) : found
  }
  const restored = await attemptChange(admin.db, zone.value, {
    find,
    store: async (trx, head, { change, result }) => {
      const { by, source } = request
      const origin = { kind: 'restore', by, source, detail: sentence(wanted.value, change) } as const
      const stored = await storeChange(trx, admin, head, change, origin)
      const { seq, serial } = stored
      return done({ stored, result: { ...result, seq, serial, dryRun: false } })
    },
  })
  if (!restored.ok) return restored
  await announceChange(admin, restored.value.stored)
  return done(restored.value.result)
}

/** The zone as it was seen, or at the moment that was found after that. */
function latest(zone: ZoneSummary, { seq, serial }: Point): SeenZone {
  return seq > zone.seq ? { ...zone, seq, serial } : zone
}

/** A request, understood. */
interface Wanted {
  readonly to: Point
  readonly below: Name
  readonly types: readonly number[] | undefined
  readonly ifSeq: number | undefined
  readonly began: number
}

async function wantedOf(
  db: Db,
  zone: ZoneSummary,
  { to, below, types, ifSeq, began }: RestoreRequest,
  now: number,
): Promise<Outcome<Wanted>> {
  const point = await resolvePoint(db, zone, to, now)
  if (!point.ok) return point
  const name = below === undefined ? done(zone.name) : readCanonicalName(below, 'record')
  if (!name.ok) return name
  if (ownerKey(name.value, zone.name) === undefined) return outside(name.value, zone.name)
  const numbers = types?.map((text) => ({ text, type: typeFromText(text) }))
  const unknown = numbers?.find(({ type }) => type === undefined)
  if (unknown !== undefined)
    return failure('bad-filter', `'${unknown.text}' is not a type: expected one such as A, TXT or TYPE65280.`)
  return done({
    to: point.value,
    below: name.value,
    types: numbers?.map(({ type }) => type!),
    ifSeq,
    began: began ?? zone.seq,
  })
}

interface Found {
  readonly change: Change
  readonly result: RestoredZone
}

async function findChange(
  trx: DbTransaction,
  admin: AdminContext,
  seen: SeenZone,
  wanted: Wanted,
): Promise<Outcome<Found>> {
  const { to, below, types, ifSeq, began } = wanted
  const free = await nothingInTheWay(trx, seen, { ifSeq, began, below })
  if (!free.ok) return free
  const from = { zoneId: seen.id, apex: seen.name, seq: seen.seq, serial: seen.serial, at: to.at }
  const changes = ofTypes(differencesIn(trx, from, to, below), types)
  const change = await plannedChange(trx, seen, changes, admin.now())
  if (!change.ok) return change
  const difference = await previewOf(trx, change.value)
  return done({ change: change.value, result: describe(seen, wanted, change.value, difference) })
}

async function* ofTypes(
  changes: AsyncGenerator<ChangedRRset>,
  types: readonly number[] | undefined,
): AsyncGenerator<ChangedRRset> {
  for await (const change of changes) if (types === undefined || types.includes(change.type)) yield change
}

/** As a dry run tells it. */
function describe(
  { name, seq, serial }: SeenZone,
  { to }: Wanted,
  { newSoa, diff }: Change,
  difference: Preview,
): RestoredZone {
  return {
    name,
    to: { seq: to.seq, serial: to.serial, time: new Date(to.at).toISOString() },
    ...(to.note === undefined ? {} : { note: to.note }),
    dryRun: true,
    basedOn: seq,
    serialBefore: serial,
    serial: newSoa === undefined ? serial : serialOf(newSoa.rdata[0]!),
    removed: diff.removed,
    added: diff.added,
    difference,
  }
}

function sentence({ to, below, types }: Wanted, { diff }: Change): string {
  const only = [
    ...(below === to.apex ? [] : [`only ${below} and below`]),
    ...(types === undefined ? [] : [`only ${types.map(typeToText).join(', ')}`]),
  ]
  const moment = `event #${to.seq}, serial ${to.serial}, ${new Date(to.at).toISOString()}`
  const counts = `${diff.removed} records removed, ${diff.added} added`
  return `restored to ${moment}${only.map((text) => `, ${text}`).join('')}: ${counts}`
}
