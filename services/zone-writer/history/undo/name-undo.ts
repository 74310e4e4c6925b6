import { Class, Type } from '../../../../shared/dns/codes.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import type { RRset } from '../../../../shared/dns/record.ts'
import { changeOfSet } from '../../admin/contents/merge.ts'
import type { ChangedRRset } from '../../store/changed-rrsets.ts'
import type { RRsetState } from '../rrset-state.ts'
import { conflictOf, leaveAZone, type Planned } from './leave-a-zone.ts'
import { SetTrack } from './set-track.ts'
import type { Conflict, ConflictReason, NameStep } from './steps.ts'
import type { Candidate } from './value-track.ts'

/** An event that is kept and that what is taken back may have mattered to. */
export interface Note {
  readonly name: Name
  readonly seq: number
  /** `prerequisite`: it asked for something at the name before it changed it; `ignored`: something that it asked for had no effect. */
  readonly kind: 'prerequisite' | 'ignored'
}

export interface NameUndone {
  /** What is to change, against what is there now. */
  readonly changes: readonly ChangedRRset[]
  readonly conflicts: readonly Conflict[]
  readonly notes: readonly Note[]
}

const MOST_NOTES = 10

/**
 * Takes the selected events back at one name and keeps what all others did. For each value, and for the TTL of each RRset, what counts is
 * what the others said of it last; without a word of theirs it is as it was before the selected events. Where another event spoke of it
 * after the selected one that would be taken back, that is a conflict. Pure; see docs/decisions/0017.
 */
export class NameUndo {
  private readonly name: Name
  private readonly atApex: boolean
  private readonly tracks = new Map<number, SetTrack>()
  /** The first selected event that changed something here. */
  private began: number | undefined
  private ignoredBy: number | undefined
  private readonly notes: Note[] = []

  /** `base` has the RRsets right before the first selected event. */
  constructor(apex: Name, name: Name, base: readonly RRsetState[]) {
    this.name = name
    this.atApex = name === apex
    for (const state of base)
      if (state.type !== Type.SOA) this.tracks.set(state.type, new SetTrack(state, this.atApex))
  }

  /** The next event at the name, in the order of their numbers. */
  take(step: NameStep): void {
    const states = step.states.filter(({ type }) => type !== Type.SOA)
    for (const state of states) this.trackOf(state)
    if (step.selected) {
      if (states.length > 0) this.began ??= step.seq
      for (const state of states) this.tracks.get(state.type)!.takeSelected(step.seq, state)
    } else this.takeOther(step, states)
  }

  /** What is to be done; with `force` conflicts are taken back as well, as far as the result is a zone. */
  finish(force: boolean): NameUndone {
    const planned = new Map([...this.tracks].map(([type, track]) => [type, this.planOf(track, force)]))
    leaveAZone(planned, this.name, this.atApex)
    const plans = [...planned].toSorted(([a], [b]) => a - b).map(([, plan]) => plan)
    const changes = plans.flatMap(({ track, result }) => changed(this.name, track, result))
    const conflicts = plans.flatMap((plan) => plan.conflicts)
    const noted = changes.length > 0 ? this.notes : this.notes.filter(({ kind }) => kind === 'ignored')
    return { changes, conflicts, notes: noted }
  }

  private takeOther({ seq, asked, prerequisites, whole }: NameStep, states: readonly RRsetState[]): void {
    const stated = new Map(states.map((state) => [state.type, state]))
    for (const { class: class_, type, name, ttl } of asked)
      if (class_ === Class.IN && type !== Type.SOA) this.trackOf({ name, type, ttl, records: [] })
    let ignored = false
    for (const track of this.tracks.values())
      if (track.takeOther(seq, stated.get(track.type), asked, whole)) ignored = true
    if (this.began === undefined) return
    if (ignored) {
      this.ignoredBy = seq
      this.note(seq, 'ignored')
    }
    if (prerequisites) this.note(seq, 'prerequisite')
  }

  private note(seq: number, kind: Note['kind']): void {
    if (this.notes.length < MOST_NOTES) this.notes.push({ name: this.name, seq, kind })
  }

  private trackOf(state: RRsetState): void {
    if (!this.tracks.has(state.type))
      this.tracks.set(state.type, new SetTrack({ ...state, records: [] }, this.atApex))
  }

  private planOf(track: SetTrack, force: boolean): Planned {
    const ttlWanted = track.ttlCandidate()
    const ttlIsFree = ttlWanted !== undefined && (force || ttlWanted.since === undefined)
    const ttl = ttlIsFree ? ttlWanted.ttl : track.lastTtl
    const found = track.candidates().map((candidate) => {
      const reason = this.nameConflict(candidate, ttl)
      if (candidate.conflict !== undefined || reason === undefined) return candidate
      const since = reason === 'ttl-since' ? (ttlWanted?.since ?? track.ttlSaidBy) : this.ignoredBy
      return { ...candidate, conflict: { reason, since } }
    })
    const candidates = track.withPartners(found)
    const done = candidates.filter(({ conflict }) => conflict === undefined || force)
    const result = track.result(done, ttl)
    const conflicts = candidates.flatMap((candidate) => conflictOf(this.name, track, candidate, ttl, force))
    if (ttlWanted?.since !== undefined && result !== undefined)
      conflicts.push(this.ttlConflict(track.type, ttlWanted, force))
    return { track, candidates: done, conflicts, result }
  }

  private nameConflict({ would, undone, ttl: had }: Candidate, ttl: number): ConflictReason | undefined {
    if (would === 'add' && had !== ttl) return 'ttl-since'
    return this.ignoredBy !== undefined && this.ignoredBy > undone ? 'ignored-since' : undefined
  }

  private ttlConflict(
    type: number,
    { undone, ttl, since }: { undone: number; ttl: number; since: number | undefined },
    forced: boolean,
  ): Conflict {
    const reason = 'ttl-since'
    return { name: this.name, type, would: 'ttl', rdata: undefined, ttl, undone, since, reason, forced }
  }
}

function changed(owner: Name, track: SetTrack, after: RRset | undefined): ChangedRRset[] {
  const before = track.now
  const { removed, added } = changeOfSet(before, after)
  return removed.length + added.length === 0 ? [] : [{ owner, type: track.type, before, after }]
}
