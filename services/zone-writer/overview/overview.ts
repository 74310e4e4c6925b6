import { type MinuteActivity, wholeHour } from '../../../shared/messaging/activity.ts'
import type { Peer } from '../../../shared/messaging/presence.ts'
import type { ApiContext } from '../api/context.ts'
import type { Db } from '../store/admin-zones.ts'
import { countAll } from '../store/admin-zones.ts'
import { expiredKeysInUse, keysExpiring, zonesThatDiffer, zonesThatNotify } from '../store/overview.ts'
import { type Alarm, differenceAlarms, edgeAlarms, healthAlarms, keyAlarms } from './alarms.ts'
import type { SecondaryWatch } from './secondary-watch.ts'

export interface OverviewJson {
  /** Ms since the epoch. */
  readonly at: number
  readonly zones: number
  readonly events: number
  /** The last hour, minute by minute, oldest first. */
  readonly minutes: readonly MinuteActivity[]
  /** Not there when NATS could not be asked. */
  readonly writers?: readonly Peer[]
  readonly edges?: readonly Peer[]
  /** Zones that notify secondaries, and how many of them the alarms tell of yet. */
  readonly secondaries?: { readonly zones: number; readonly seen: number }
  /** What somebody should see to, the worst first. */
  readonly alarms: readonly Alarm[]
}

const DAY = 86_400_000
const MOST_OF_A_KIND = 20

/** What somebody who has just come wants to know of the whole installation. */
export async function overview(
  { admin, health, peers }: Pick<ApiContext, 'admin' | 'health' | 'peers'>,
  watch: SecondaryWatch,
): Promise<OverviewJson> {
  const { db } = admin
  const now = admin.now()
  const [counts, known, alarms, state] = await Promise.all([
    countAll(db),
    peers().catch(() => undefined),
    storedAlarms(db, now),
    health(),
  ])
  const behind = known === undefined ? undefined : await watch.look(() => zonesThatNotify(db), now)
  const writers = known?.filter(({ role }) => role === 'writer')
  const edges = known?.filter(({ role }) => role === 'edge')
  const all = [...healthAlarms(state), ...edgeAlarms(edges), ...alarms, ...(behind?.alarms ?? [])]
  return {
    at: now,
    ...counts,
    minutes: wholeHour(writers?.map(({ activity = [] }) => activity) ?? [], now),
    ...(known && { writers: writers?.map(withoutActivity) ?? [], edges: edges ?? [] }),
    ...(behind && { secondaries: { zones: behind.zones, seen: behind.seen } }),
    alarms: all.toSorted((a, b) => Number(b.severity === 'alarm') - Number(a.severity === 'alarm')),
  }
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
