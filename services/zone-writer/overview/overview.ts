import { fullerActivity, type MinuteActivity, wholeHour } from '../../../shared/messaging/activity.ts'
import type { Peer } from '../../../shared/messaging/presence.ts'
import type { ApiContext } from '../api/context.ts'
import { type WhatRuns, whatRuns } from '../presence/what-runs.ts'
import type { Db } from '../store/admin-zones.ts'
import { countAll } from '../store/admin-zones.ts'
import { expiredKeysInUse, keysExpiring, zonesThatDiffer, zonesThatNotify } from '../store/overview.ts'
import { minutesSince } from '../store/writer-minutes.ts'
import {
  type Alarm,
  differenceAlarms,
  edgeAlarms,
  healthAlarms,
  keyAlarms,
  missingAlarms,
  partitionAlarms,
} from './alarms.ts'
import type { SecondaryWatch } from './secondary-watch.ts'

export interface OverviewJson {
  /** Ms since the epoch. */
  readonly at: number
  readonly zones: number
  readonly events: number
  /** The last hour of all writers, minute by minute, oldest first. */
  readonly minutes: readonly MinuteActivity[]
  /** Not there when NATS could not be asked. */
  readonly writers?: readonly Peer[]
  readonly edges?: readonly Peer[]
  readonly missing: WhatRuns['missing']
  /** Zones that notify secondaries, and how many of them the alarms tell of yet. */
  readonly secondaries?: { readonly zones: number; readonly seen: number }
  /** What somebody should see to, the worst first. */
  readonly alarms: readonly Alarm[]
}

const [HOUR, DAY] = [3_600_000, 86_400_000]
const MOST_OF_A_KIND = 20

/** What somebody who has just come wants to know of the whole installation. */
export async function overview(
  context: Pick<ApiContext, 'admin' | 'health' | 'peers' | 'queue'>,
  watch: SecondaryWatch,
): Promise<OverviewJson> {
  const { admin, health } = context
  const { db } = admin
  const now = admin.now()
  const [counts, { writers, edges, missing, partitions }, stored, alarms, state] = await Promise.all([
    countAll(db),
    whatRuns(context),
    minutesSince(db, now - HOUR),
    storedAlarms(db, now),
    health(),
  ])
  const behind = edges === undefined ? undefined : await watch.look(() => zonesThatNotify(db), now)
  const all = [
    ...healthAlarms({ ...state, id: admin.writerId }, writers ?? []),
    ...partitionAlarms(partitions),
    ...missingAlarms(missing),
    ...edgeAlarms(edges),
    ...alarms,
    ...(behind?.alarms ?? []),
  ]
  return {
    at: now,
    ...counts,
    minutes: wholeHour(activities(writers ?? [], stored), now),
    ...(writers && { writers: writers.map(withoutActivity) }),
    ...(edges && { edges }),
    missing,
    ...(behind && { secondaries: { zones: behind.zones, seen: behind.seen } }),
    alarms: all.toSorted((a, b) => Number(b.severity === 'alarm') - Number(a.severity === 'alarm')),
  }
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

async function storedAlarms(db: Db, now: number): Promise<Alarm[]> {
  const [at, yesterday, nextWeek] = [new Date(now), new Date(now - DAY), new Date(now + 7 * DAY)]
  const [differing, expired, expiring] = await Promise.all([
    zonesThatDiffer(db, MOST_OF_A_KIND),
    expiredKeysInUse(db, at, yesterday, MOST_OF_A_KIND),
    keysExpiring(db, at, nextWeek, MOST_OF_A_KIND),
  ])
  return [...differenceAlarms(differing), ...keyAlarms(expired, expiring)]
}

function withoutActivity({ activity: _activity, ...peer }: Peer): Peer {
  return peer
}
