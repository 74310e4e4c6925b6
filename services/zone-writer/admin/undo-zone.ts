import type { Identity, Source } from '../../../shared/commands.ts'
import { typeToText } from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { serialOf } from '../../../shared/dns/soa.ts'
import type { Db, DbTransaction, ZoneSummary } from '../store/admin-zones.ts'
import { eventsNumbered } from '../store/history-search.ts'
import { attemptChange, soughtChange } from './contents/change-attempts.ts'
import { type Preview, previewOf } from './contents/preview.ts'
import type { SeenZone } from './contents/seen-zone.ts'
import { announceChange, storeChange } from './contents/store-change.ts'
import type { AdminContext } from './context.ts'
import { done, failure, type Outcome } from './failure.ts'
import { zoneNamed } from './names.ts'
import { type ConflictJson, type NoteJson, Reasons } from './undo-conflicts.ts'
import { findUndo, type UndoFound, type UndoWanted } from './undo-find.ts'
import { selectEvents, type UndoSelection } from './undo-selection.ts'

export const CONFLICT_MODES = ['skip', 'force', 'fail'] as const
/** What becomes of conflicts: they are left, taken back all the same as far as that leaves a zone, or nothing is done at all. */
export type ConflictMode = (typeof CONFLICT_MODES)[number]

export interface UndoRequest {
  readonly name: string
  readonly selection: UndoSelection
  readonly conflicts: ConflictMode
  readonly dryRun?: boolean
  /** The event that the zone was at when somebody looked at what this would change. */
  readonly ifSeq?: number
  /** The zone's newest event when the request came, where it had to wait since. */
  readonly began?: number
  readonly by: Identity
  readonly source: Source
}

export interface UndoneZone {
  readonly name: Name
  readonly dryRun: boolean
  /** The event that the zone was at: `ifSeq` of a request that is to do just that. */
  readonly basedOn: number
  /** Of the event that says so; not there after a dry run. */
  readonly seq?: number
  readonly serialBefore: number
  /** As before when nothing changed; what it would be, after a dry run. */
  readonly serial: number
  /** Events that were to be undone, and the first and the last of them. */
  readonly events: { readonly count: number; readonly first: number; readonly last: number }
  /** The times that the events were looked for between, where such were given; ISO 8601. */
  readonly since?: string
  readonly until?: string
  /** Records, without the SOA. */
  readonly removed: number
  readonly added: number
  readonly difference: Preview
  /** As many as there are; the first of them are listed. */
  readonly conflictCount: number
  readonly conflicts: readonly ConflictJson[]
  readonly notes: readonly NoteJson[]
}

/**
 * Takes back what some events of a zone did, and keeps what others did since, as one event with a new serial, in one transaction; then
 * tells the edges. What others have spoken of since is a conflict, see history/undo. A dry run says what it would do.
 */
export async function undoEvents(admin: AdminContext, request: UndoRequest): Promise<Outcome<UndoneZone>> {
  const zone = await zoneNamed(admin.db, request.name)
  if (!zone.ok) return zone
  const wanted = await wantedOf(admin.db, zone.value, request)
  if (!wanted.ok) return wanted
  const find = (trx: DbTransaction, seen: SeenZone) => findAndDescribe(trx, admin, seen, wanted.value)
  if (request.dryRun) {
    const found = await soughtChange(admin.db, zone.value, find)
    return found.ok ? done(found.value.result) : found
  }
  const undone = await attemptChange(admin.db, zone.value, {
    find,
    store: async (trx, head, { found, result }) => {
      if (request.conflicts === 'fail' && found.conflictCount > 0) return stopped(result)
      const { by, source } = request
      const origin = { kind: 'undo', by, source, detail: sentence(wanted.value, found) } as const
      const stored = await storeChange(trx, admin, head, found.change, origin)
      const { seq, serial } = stored
      return done({ stored, result: { ...result, seq, serial, dryRun: false } })
    },
  })
  if (!undone.ok) return undone
  await announceChange(admin, undone.value.stored)
  return done(undone.value.result)
}

const FEW = 20

async function wantedOf(
  db: Db,
  zone: ZoneSummary,
  { selection, ifSeq, began, conflicts }: UndoRequest,
): Promise<Outcome<UndoWanted>> {
  const selected = await selectEvents(db, zone, selection, ifSeq ?? zone.seq)
  if (!selected.ok) return selected
  if (selected.value.length === 0)
    return failure('event-not-found', `No event of ${zone.name} that changed something matches.`)
  const { name, below, type, since, until } = selection.kind === 'matching' ? selection.filter : {}
  return done({
    events: selected.value,
    times: {
      ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
      ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    },
    name,
    isSubtree: below === true,
    type,
    force: conflicts === 'force',
    ifSeq,
    began: began ?? zone.seq,
  })
}

async function findAndDescribe(
  trx: DbTransaction,
  admin: AdminContext,
  seen: SeenZone,
  wanted: UndoWanted,
): Promise<Outcome<{ found: UndoFound; result: UndoneZone }>> {
  const found = await findUndo(trx, admin, seen, wanted)
  if (!found.ok) return found
  return done({ found: found.value, result: await describe(trx, seen, wanted, found.value) })
}

/** As a dry run tells it. */
async function describe(
  trx: DbTransaction,
  { id, name, seq, serial }: SeenZone,
  { events, times }: UndoWanted,
  { change, conflicts, conflictCount, notes }: UndoFound,
): Promise<UndoneZone> {
  const { newSoa, diff } = change
  const difference = await previewOf(trx, change)
  const named = [
    ...conflicts.flatMap(({ undone, since }) => [undone, since ?? undone]),
    ...notes.map((note) => note.seq),
  ]
  const reasons = new Reasons(await eventsNumbered(trx, id, [...new Set(named)]))
  return {
    name,
    dryRun: true,
    basedOn: seq,
    serialBefore: serial,
    serial: newSoa === undefined ? serial : serialOf(newSoa.rdata[0]!),
    events: { count: events.length, first: events[0]!, last: events.at(-1)! },
    ...times,
    removed: diff.removed,
    added: diff.added,
    difference,
    conflictCount,
    conflicts: conflicts.map((conflict) => reasons.conflict(conflict)),
    notes: notes.map((note) => reasons.note(note)),
  }
}

function stopped({ conflicts, conflictCount }: UndoneZone): Outcome<never> {
  return failure(
    'undo-conflicts',
    `Nothing was changed: ${conflictCount} conflicts. --conflicts skip leaves them as they are and undoes the rest, --conflicts force takes them back as well.`,
    conflicts.map(({ message }) => ({ message })),
  )
}

function sentence({ events, name, isSubtree, type }: UndoWanted, found: UndoFound): string {
  const which =
    events.length <= FEW
      ? events.map((seq) => `#${seq}`).join(', ')
      : `${events.length} events from #${events[0]} to #${events.at(-1)}`
  const only = [
    ...(name === undefined ? [] : [`, only ${name}${isSubtree ? ' and below' : ''}`]),
    ...(type === undefined ? [] : [`, only ${typeToText(type)}`]),
  ]
  const { removed, added } = found.change.diff
  const forced = found.conflicts.some((conflict) => conflict.forced)
  const left =
    found.conflictCount === 0
      ? ''
      : `; ${found.conflictCount} conflicts ${forced ? 'taken back as well' : 'left'}`
  return `undone ${which}${only.join('')}: ${removed} records removed, ${added} added${left}`
}
