import type { Name } from '../../../shared/dns/name.ts'
import type { Peer } from '../../../shared/messaging/presence.ts'
import { type Access, seesAllZones, seesZone, zonesSeen } from '../admin/access.ts'
import { keyFilter } from '../admin/keys/keys-seen.ts'
import type { ApiContext } from '../api/context.ts'
import { forReader } from '../presence/for-reader.ts'
import { type WhatRuns, whatRuns } from '../presence/what-runs.ts'
import type { Db } from '../store/admin-zones.ts'
import { countAll } from '../store/admin-zones.ts'
import { expiredKeysInUse, keysExpiring, zonesThatDiffer, zonesThatNotify } from '../store/overview.ts'
import {
  type Alarm,
  differenceAlarms,
  edgeAlarms,
  healthAlarms,
  keyAlarms,
  missingAlarms,
  partitionAlarms,
} from './alarms.ts'
import { type LastHour, lastHour } from './last-hour.ts'
import type { SecondaryWatch } from './secondary-watch.ts'

/** Of the last hour, and of what is. */
export interface OverviewJson extends LastHour {
  /** Ms since the epoch. */
  readonly at: number
  readonly zones: number
  readonly events: number
  /** Not there when NATS could not be asked. */
  readonly writers?: readonly Peer[]
  readonly edges?: readonly Peer[]
  readonly missing: WhatRuns['missing']
  /** Zones that notify secondaries, and how many of them the alarms tell of yet. */
  readonly secondaries?: { readonly zones: number; readonly seen: number }
  /** What somebody should see to, the worst first. */
  readonly alarms: readonly Alarm[]
}

const DAY = 86_400_000
const MOST_OF_A_KIND = 20

/** What somebody who has just come wants to know of the whole installation, or of the zones that they may see. */
export async function overview(
  context: Pick<ApiContext, 'admin' | 'health' | 'peers' | 'queue'>,
  watch: SecondaryWatch,
  access: Access,
): Promise<OverviewJson> {
  const { admin, health } = context
  const { db } = admin
  const now = admin.now()
  const [counts, running, alarms, state] = await Promise.all([
    countAll(db, zonesSeen(access)),
    whatRuns(context),
    storedAlarms(db, access, now),
    health(),
  ])
  const { writers, edges } = running
  const told = forReader(access, running)
  const isSeen = (zone: string) => seesZone(access, zone)
  const behind = edges === undefined ? undefined : await watch.look(() => zonesThatNotify(db), now, isSeen)
  const all = [
    ...healthAlarms({ ...state, id: admin.writerId }, writers ?? []),
    ...partitionAlarms(told.partitions),
    ...missingAlarms(told.missing),
    ...edgeAlarms(edges, seesAllZones(access)),
    ...alarms,
    ...(behind?.alarms ?? []),
  ]
  return {
    at: now,
    ...counts,
    ...(await lastHour(db, access, writers ?? [], now)),
    ...(told.writers && { writers: told.writers.map(withoutActivity) }),
    ...(told.edges && { edges: told.edges }),
    missing: told.missing,
    ...(behind && { secondaries: { zones: behind.zones, seen: behind.seen } }),
    alarms: all.toSorted((a, b) => Number(b.severity === 'alarm') - Number(a.severity === 'alarm')),
  }
}

async function storedAlarms(db: Db, access: Access, now: number): Promise<Alarm[]> {
  const [at, yesterday, nextWeek] = [new Date(now), new Date(now - DAY), new Date(now + 7 * DAY)]
  const [differing, expired, expiring, isSeen] = await Promise.all([
    zonesThatDiffer(db, MOST_OF_A_KIND, zonesSeen(access)),
    expiredKeysInUse(db, at, yesterday),
    keysExpiring(db, at, nextWeek),
    keyFilter(db, access),
  ])
  const shown = <K extends { key: string; createdBy: string }>(keys: readonly K[]): readonly K[] =>
    keys.filter(({ key, createdBy }) => isSeen({ name: key as Name, createdBy })).slice(0, MOST_OF_A_KIND)
  return [...differenceAlarms(differing), ...keyAlarms(shown(expired), shown(expiring))]
}

function withoutActivity({ activity: _activity, ...peer }: Peer): Peer {
  return peer
}
