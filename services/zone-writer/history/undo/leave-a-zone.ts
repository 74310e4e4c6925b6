import { Type } from '../../../../shared/dns/codes.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import type { RRset } from '../../../../shared/dns/record.ts'
import type { SetTrack } from './set-track.ts'
import type { Conflict, ConflictReason } from './steps.ts'
import type { Candidate } from './value-track.ts'
import { ALONE } from './wanted.ts'

/** What one RRset of a name is to become; undefined when nothing is left of it. */
export interface Planned {
  readonly track: SetTrack
  /** What is done for it. */
  readonly candidates: readonly Candidate[]
  readonly conflicts: readonly Conflict[]
  readonly result: RRset | undefined
}

// RFC 2181 §10.1 and RFC 4035 §2.5: what may stand beside a CNAME
const BESIDE_CNAME: ReadonlySet<number> = new Set([Type.SIG, Type.KEY, Type.NXT, Type.RRSIG, Type.NSEC])

/** Leaves RRsets as they are that would not be those of a zone: two CNAME records, a CNAME beside others, an apex without NS. */
export function leaveAZone(planned: Map<number, Planned>, name: Name, atApex: boolean): void {
  const leave = (type: number, reason: ConflictReason, since: number | undefined) =>
    planned.set(type, left(name, planned.get(type)!, reason, since))
  for (const type of ALONE) {
    const plan = planned.get(type)
    if ((plan?.result?.rdata.length ?? 0) > 1) leave(type, 'singleton', plan?.track.newestSetBy)
  }
  const ns = planned.get(Type.NS)
  if (atApex && ns?.track.now !== undefined && ns.result === undefined) leave(Type.NS, 'apex', undefined)
  const there = [...planned].filter(([type, { result }]) => result !== undefined && !BESIDE_CNAME.has(type))
  if (there.length < 2 || !there.some(([type]) => type === Type.CNAME)) return
  const since = Math.max(...there.map(([, { track }]) => track.newestSetBy ?? 0))
  for (const type of planned.keys()) leave(type, 'singleton', since === 0 ? undefined : since)
}

function left(
  name: Name,
  { track, candidates, conflicts }: Planned,
  reason: ConflictReason,
  since: number | undefined,
): Planned {
  const kept = conflicts.map((conflict) => ({ ...conflict, forced: false }))
  const held = candidates
    .filter(({ rdata }) => !kept.some((conflict) => conflict.rdata === rdata))
    .flatMap((candidate) => {
      const conflict = { reason, since }
      return conflictOf(name, track, { ...candidate, conflict }, track.lastTtl, false)
    })
  return { track, candidates: [], conflicts: [...kept, ...held], result: track.now }
}

/** A candidate's conflict, as it is told; none where it has none. `ttl` is what the RRset is to have. */
export function conflictOf(
  name: Name,
  { type, now }: SetTrack,
  { would, rdata, undone, conflict }: Candidate,
  ttl: number,
  forced: boolean,
): Conflict[] {
  if (conflict === undefined) return []
  const shown = would === 'remove' ? (now?.ttl ?? ttl) : ttl
  return [{ name, type, would, rdata, ttl: shown, undone, forced, ...conflict }]
}
