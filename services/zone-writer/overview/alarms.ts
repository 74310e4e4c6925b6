import type { Peer } from '../../../shared/messaging/presence.ts'
import type { SecondaryStatus } from '../../../shared/messaging/secondaries-service.ts'
import type { WriterHealth } from '../health.ts'

/** Something that somebody should see to. `alarm`: now; `warning`: before long. */
export interface Alarm {
  readonly severity: 'alarm' | 'warning'
  readonly what: string
  readonly todo: string
  /** Where it is about one. */
  readonly zone?: string
  readonly key?: string
}

/** Edges are behind for some moments whenever much changes at once. */
const LAG_SECONDS = 10
const UNCONFIRMED_SECONDS = 60
const BEHIND_MS = 60_000
const FAILURES = 3

/** What the writer that answers knows of itself. */
export function healthAlarms({ problems }: Pick<WriterHealth, 'problems'>): Alarm[] {
  return problems.map(({ what, todo }) => ({ severity: 'alarm', what, todo }))
}

/** Undefined peers are those that nobody could be asked about. */
export function edgeAlarms(edges: readonly Peer[] | undefined): Alarm[] {
  if (edges === undefined) return []
  if (edges.length === 0)
    return [
      {
        severity: 'alarm',
        what: 'no edge runs: nobody answers queries',
        todo: 'start one: bin/zonelog edge',
      },
    ]
  return edges.flatMap(({ id, lag }): Alarm[] => {
    if (lag === undefined) return []
    if (lag.events > 0 && lag.seconds >= LAG_SECONDS)
      return [
        {
          severity: 'alarm',
          what: `edge ${id} lacks ${lag.events} events, for ${Math.round(lag.seconds)} s`,
          todo: 'see its log, and whether it reaches NATS; it catches up by itself once it does',
        },
      ]
    if (lag.unconfirmedSeconds < UNCONFIRMED_SECONDS) return []
    return [
      {
        severity: 'alarm',
        what: `edge ${id} has had nothing confirmed for ${Math.round(lag.unconfirmedSeconds)} s`,
        todo: 'see whether it reaches NATS, and whether a writer runs',
      },
    ]
  })
}

export function differenceAlarms(zones: readonly { zone: string; alarm: string }[]): Alarm[] {
  return zones.map(({ zone, alarm }) => ({
    severity: 'alarm',
    what: `${zone} differs from its history: ${alarm}`,
    todo: `run zonelog verify ${zone}, then zonelog rebuild ${zone}`,
    zone,
  }))
}

export function keyAlarms(
  expired: readonly { key: string; expiresAt: Date; lastAt: Date; count: number }[],
  expiring: readonly { key: string; expiresAt: Date }[],
): Alarm[] {
  return [
    ...expired.map(
      ({ key, expiresAt, lastAt, count }): Alarm => ({
        severity: 'alarm',
        what: `${key} expired ${expiresAt.toISOString()} and is still in use: ${count} messages refused, the last ${lastAt.toISOString()}`,
        todo: `give its clients another key, or let it live on: zonelog key set ${key} --expires`,
        key,
      }),
    ),
    ...expiring.map(
      ({ key, expiresAt }): Alarm => ({
        severity: 'warning',
        what: `${key} expires ${expiresAt.toISOString()}`,
        todo: `rotate it, or let it live on: zonelog key set ${key} --expires`,
        key,
      }),
    ),
  ]
}

export function secondaryAlarms(zone: string, secondaries: readonly SecondaryStatus[], now: number): Alarm[] {
  return secondaries.flatMap(({ target, failures, failure, behindSince }): Alarm[] => {
    if (failures >= FAILURES)
      return [
        {
          severity: 'warning',
          what: `${target} does not acknowledge changes of ${zone}${failure === undefined ? '' : `: ${failure}`}`,
          todo: 'see whether it runs and takes NOTIFY from the edges',
          zone,
        },
      ]
    if (behindSince === undefined || now - behindSince < BEHIND_MS) return []
    return [
      {
        severity: 'warning',
        what: `${target} is behind in ${zone} since ${new Date(behindSince).toISOString()}`,
        todo: 'see the log of that secondary: it was told and has not fetched the zone',
        zone,
      },
    ]
  })
}
