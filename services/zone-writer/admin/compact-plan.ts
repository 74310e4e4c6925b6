import { parseTtl } from '../../../shared/dns/ttl.ts'
import { resolvePoint } from '../history/resolve.ts'
import { hex } from '../history/verify/chain.ts'
import type { Db, ZoneSummary } from '../store/admin-zones.ts'
import { firstEvent, placeAt, roleThatMayNotDelete, weighEvents } from '../store/compaction.ts'
import { done, failure, type Outcome } from './failure.ts'
import { zoneNamed } from './names.ts'

/**
 * Nothing younger is ever replaced: clients send again for 30 s, commands wait for seconds, signatures live for minutes, and each finds its
 * first outcome in the events (P2).
 */
export const LEAST_KEPT_SECONDS = 24 * 60 * 60

/** What a compaction would replace. */
export interface CompactionPlan {
  readonly zone: string
  /** The first event that is kept now, and the last one that would be replaced, with the hash of the chain there. */
  readonly from: number
  readonly upTo: number
  readonly hash: string
  readonly serial: number
  /** When the last one was decided; ISO 8601. */
  readonly time: string
  readonly events: number
  /** Of their messages and diffs. */
  readonly octets: number
}

/** Nothing is old enough. */
export interface NothingToCompact {
  readonly zone: string
  readonly events: 0
}

/** `keep` as `400d`; what is older may be replaced. */
export async function planCompaction(
  db: Db,
  name: string,
  keep: string,
  now: number,
): Promise<Outcome<CompactionPlan | NothingToCompact>> {
  const zone = await zoneNamed(db, name)
  if (!zone.ok) return zone
  const seconds = /^(\d+[smhdw])+$/i.test(keep) ? parseTtl(keep) : undefined
  if (seconds === undefined)
    return failure('bad-compaction', `'${keep}' says not how long to keep: expected one such as 400d.`)
  if (seconds < LEAST_KEPT_SECONDS)
    return failure(
      'bad-compaction',
      `${keep} is too short: the events of the last day are what makes updates take effect once; keep 1d at least.`,
    )
  const role = await roleThatMayNotDelete(db)
  if (role !== undefined)
    return failure(
      'bad-compaction',
      `The database role ${role} may not delete events. As the owner of the schema, for as long as you compact: grant delete on zone_event to ${role}.`,
    )
  const last = await resolvePoint(db, zone.value, { kind: 'time', at: now - seconds * 1_000 }, now)
  const first = await firstEvent(db, zone.value.id)
  if (!last.ok || first === undefined || last.value.seq <= first.seq)
    return done({ zone: zone.value.name, events: 0 })
  return done(await describe(db, zone.value, first.seq, last.value.seq))
}

async function describe(db: Db, zone: ZoneSummary, from: number, upTo: number): Promise<CompactionPlan> {
  const { hash, serial, at } = (await placeAt(db, zone.id, upTo))!
  return {
    zone: zone.name,
    from,
    upTo,
    hash: hex(hash),
    serial,
    time: new Date(at).toISOString(),
    ...(await weighEvents(db, zone.id, upTo)),
  }
}
