import type { Name } from '../../../shared/dns/name.ts'
import type { Peer } from '../../../shared/messaging/presence.ts'
import { type Access, readerOf, seesAllZones, seesZone, zonesSeen } from '../admin/access.ts'
import { keyFilter } from '../admin/keys/keys-seen.ts'
import type { ApiContext } from '../api/context.ts'
import type { SharedAnswers } from '../api/shared-answers.ts'
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

/** What was found a moment ago, for others who ask. */
export interface OverviewMemory {
  readonly secondaries: SecondaryWatch
  readonly runs: SharedAnswers<WhatRuns>
  readonly ofAll: SharedAnswers<Stored>
  readonly ofSome: SharedAnswers<Stored>
}

/** What Postgres knows of the zones that somebody may see. */
interface Stored extends LastHour {
  readonly zones: number
  readonly events: number
  readonly alarms: readonly Alarm[]
}

const DAY = 86_400_000
const MOST_OF_A_KIND = 20
/** Of which those of some zones are told. */
const MOST_KEYS = 10_000

/** What somebody who has just come wants to know of the whole installation, or of the zones that they may see. */
export async function overview(
  context: Pick<ApiContext, 'admin' | 'health' | 'peers' | 'queue'>,
  { secondaries, runs, ofAll, ofSome }: OverviewMemory,
  access: Access,
): Promise<OverviewJson> {
  const { admin, health } = context
  const { db } = admin
  const now = admin.now()
  const [running, state] = await Promise.all([runs.get('', now, () => whatRuns(context)), health()])
  const { writers, edges } = running
  const told = forReader(access, running)
  const { alarms, ...stored } = await (seesAllZones(access) ? ofAll : ofSome).get(readerOf(access), now, () =>
    storedFor(db, access, writers ?? [], now),
  )
  const isSeen = (zone: string) => seesZone(access, zone)
  const behind =
    edges === undefined ? undefined : await secondaries.look(() => zonesThatNotify(db), now, isSeen)
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
    ...stored,
    ...(told.writers && { writers: told.writers.map(withoutActivity) }),
    ...(told.edges && { edges: told.edges }),
    missing: told.missing,
    ...(behind && { secondaries: { zones: behind.zones, seen: behind.seen } }),
    alarms: all.toSorted((a, b) => Number(b.severity === 'alarm') - Number(a.severity === 'alarm')),
  }
}

async function storedFor(db: Db, access: Access, writers: readonly Peer[], now: number): Promise<Stored> {
  const [counts, hour, alarms] = await Promise.all([
    countAll(db, zonesSeen(access)),
    lastHour(db, access, writers, now),
    storedAlarms(db, access, now),
  ])
  return { ...counts, ...hour, alarms }
}

async function storedAlarms(db: Db, access: Access, now: number): Promise<Alarm[]> {
  const [at, yesterday, nextWeek] = [new Date(now), new Date(now - DAY), new Date(now + 7 * DAY)]
  // all of them are seen, or some by rules, which Postgres does not read
  const mostKeys = seesAllZones(access) ? MOST_OF_A_KIND : MOST_KEYS
  const [differing, expired, expiring, isSeen] = await Promise.all([
    zonesThatDiffer(db, MOST_OF_A_KIND, zonesSeen(access)),
    expiredKeysInUse(db, at, yesterday, mostKeys, zonesSeen(access)),
    keysExpiring(db, at, nextWeek, mostKeys),
    keyFilter(db, access),
  ])
  const shown = <K extends { key: string; createdBy: string }>(keys: readonly K[]): readonly K[] =>
    keys.filter(({ key, createdBy }) => isSeen({ name: key as Name, createdBy })).slice(0, MOST_OF_A_KIND)
  return [...differenceAlarms(differing), ...keyAlarms(shown(expired), shown(expiring))]
}

function withoutActivity({ activity: _activity, ...peer }: Peer): Peer {
  return peer
}
