import { Type } from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { outside } from '../history/as-of.ts'
import { keysBelow, type OwnerRange, ownerKey } from '../history/owner-key.ts'
import type { Note } from '../history/undo/name-undo.ts'
import { readNames } from '../history/undo/read-names.ts'
import { soaUndone } from '../history/undo/soa.ts'
import type { Conflict } from '../history/undo/steps.ts'
import type { DbTransaction } from '../store/admin-zones.ts'
import type { ChangedRRset } from '../store/changed-rrsets.ts'
import { eventsNumbered } from '../store/history-search.ts'
import { findUndoneOwners, putUndone, type UndoScope } from '../store/undone-events.ts'
import type { Change } from './contents/compare.ts'
import { plannedChange } from './contents/planned-change.ts'
import type { SeenZone } from './contents/seen-zone.ts'
import type { AdminContext } from './context.ts'
import { done, failure, type Outcome } from './failure.ts'
import { changedMeanwhile, nothingInTheWay } from './in-the-way.ts'

/** A request to undo, understood. */
export interface UndoWanted {
  /** Numbers of the events, from the first to the last: one or more. */
  readonly events: readonly number[]
  readonly times: { readonly since?: string; readonly until?: string }
  /** Only this name, or with `isSubtree` what is below it as well. */
  readonly name: Name | undefined
  readonly isSubtree: boolean
  readonly type: number | undefined
  readonly force: boolean
  readonly ifSeq: number | undefined
  readonly began: number
}

export interface UndoFound {
  readonly change: Change
  /** The first of them. */
  readonly conflicts: readonly Conflict[]
  readonly conflictCount: number
  readonly notes: readonly Note[]
}

const MOST_LISTED = 1_000

/** What undoing the events changes, against the zone as it was seen. Nothing but tables of the transaction is written. */
export async function findUndo(
  trx: DbTransaction,
  admin: AdminContext,
  seen: SeenZone,
  wanted: UndoWanted,
): Promise<Outcome<UndoFound>> {
  const { events, name, isSubtree, type, ifSeq, began, force } = wanted
  if (ifSeq !== undefined && ifSeq > seen.seq)
    return failure('bad-point', `Zone ${seen.name} has no event #${ifSeq} yet; its newest is #${seen.seq}.`)
  if (ifSeq === undefined) {
    const free = await nothingInTheWay(trx, seen, { ifSeq, began, below: seen.name })
    if (!free.ok) return free
  }
  const range = rangeOf(seen.name, name, isSubtree)
  if (range === undefined) return outside(name!, seen.name)
  const types = type === undefined ? undefined : [type]
  const scope: UndoScope = { zoneId: seen.id, range, types, first: events[0]!, upTo: seen.seq }
  await putUndone(trx, events)
  await findUndoneOwners(trx, scope)
  const reading = new Reading(trx, seen.name, scope, force)
  const change = await plannedChange(trx, seen, reading.changes(), admin.now())
  if (!change.ok) return change
  if (ifSeq !== undefined && reading.newestOther > ifSeq) {
    const others = await eventsNumbered(trx, seen.id, [reading.newestOther])
    const { kind, identity: by, decidedAt: at } = others.get(reading.newestOther)!
    return changedMeanwhile(seen, { seq: reading.newestOther, kind, by, at })
  }
  const { conflicts, conflictCount, notes } = reading
  return done({ change: change.value, conflicts, conflictCount, notes })
}

/** One reading of all names, and what is to be told beside the changes. */
class Reading {
  readonly conflicts: Conflict[] = []
  conflictCount = 0
  readonly notes: Note[] = []
  /** The newest event beside those undone that speaks of a name that they touched. */
  newestOther = 0
  private readonly trx: DbTransaction
  private readonly apex: Name
  private readonly scope: UndoScope
  private readonly force: boolean

  constructor(trx: DbTransaction, apex: Name, scope: UndoScope, force: boolean) {
    this.trx = trx
    this.apex = apex
    this.scope = scope
    this.force = force
  }

  async *changes(): AsyncGenerator<ChangedRRset> {
    const { range, types } = this.scope
    if (range.least.length === 0 && (types === undefined || types.includes(Type.SOA))) {
      const soa = await soaUndone(this.trx, this.apex, this.scope)
      this.tell(soa.conflicts)
      if (soa.change !== undefined) yield soa.change
    }
    for await (const { undo, newestOther } of readNames(this.trx, this.apex, this.scope)) {
      const { changes, conflicts, notes } = undo.finish(this.force)
      this.tell(conflicts)
      if (this.notes.length < MOST_LISTED) this.notes.push(...notes)
      this.newestOther = Math.max(this.newestOther, newestOther)
      yield* changes
    }
  }

  private tell(conflicts: readonly Conflict[]): void {
    this.conflictCount += conflicts.length
    this.conflicts.push(...conflicts.slice(0, MOST_LISTED - this.conflicts.length))
  }
}

/** Undefined for a name outside the zone. */
function rangeOf(apex: Name, name: Name | undefined, isSubtree: boolean): OwnerRange | undefined {
  const key = ownerKey(name ?? apex, apex)
  if (key === undefined) return undefined
  if (name === undefined || isSubtree) return keysBelow(key)
  // right behind a key comes the key of its first child
  return { least: key, beyond: Buffer.concat([key, Buffer.of(0)]) }
}
