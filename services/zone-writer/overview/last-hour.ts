import {
  fullerActivity,
  HOUR_MS,
  type MinuteActivity,
  wholeHour,
} from '../../../shared/messaging/activity.ts'
import type { Peer } from '../../../shared/messaging/presence.ts'
import { type Access, zonesSeen } from '../admin/access.ts'
import type { Db } from '../store/admin-zones.ts'
import { activityOfZones } from '../store/overview.ts'
import { minutesSince } from '../store/writer-minutes.ts'

export interface LastHour {
  /** Minute by minute, oldest first. */
  readonly minutes: readonly MinuteActivity[]
  /** Ms since the epoch: before it not all of these zones' updates are counted. */
  readonly minutesFrom?: number
}

/** Events that are looked at for one answer. */
const MOST_EVENTS = 50_000

/** Writers count for all zones together; what some of them had is counted from their histories. */
export async function lastHour(
  db: Db,
  access: Access,
  writers: readonly Peer[],
  now: number,
): Promise<LastHour> {
  const names = zonesSeen(access)
  if (names === undefined)
    return { minutes: wholeHour(activities(writers, await minutesSince(db, now - HOUR_MS)), now) }
  const most = Math.max(1, Math.floor(MOST_EVENTS / Math.max(1, names.length)))
  const { minutes, from } = await activityOfZones(db, names, new Date(now - HOUR_MS), most)
  return { minutes: wholeHour([minutes], now), ...(from === undefined ? {} : { minutesFrom: from }) }
}

/** Of each writer what it tells of itself, or what it left behind. */
function activities(
  writers: readonly Peer[],
  stored: ReadonlyMap<string, readonly MinuteActivity[]>,
): Iterable<readonly MinuteActivity[]> {
  const told = new Map(writers.map(({ id, activity = [] }) => [id, activity]))
  const ids = new Set([...told.keys(), ...stored.keys()])
  return [...ids].map((id) => fullerActivity(told.get(id) ?? [], stored.get(id) ?? []))
}
