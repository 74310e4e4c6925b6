import type { Peer } from '../../../shared/messaging/presence.ts'
import type { SecondaryStatus } from '../../../shared/messaging/secondaries-service.ts'
import type { WriterHealth } from '../health.ts'
import type { MissingWriter, PartitionState } from '../presence/all-writers.ts'

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

/** What writers know of themselves, the same once. `self` is the one that answers, with what it knows now. */
export function healthAlarms(
  self: Pick<WriterHealth, 'problems'> & { readonly id: string },
  writers: readonly Peer[],
): Alarm[] {
  const others = writers.filter(({ id }) => id !== self.id)
  const all = [self, ...others.map(({ id, writer }) => ({ id, problems: writer?.problems ?? [] }))]
  const told = all.flatMap(({ id, problems }) => problems.map((problem) => ({ id, ...problem })))
  return [...Map.groupBy(told, ({ what }) => what).values()].map((same): Alarm => {
    const { what, todo } = same[0]!
    const where = all.length === 1 ? '' : ` (${same.length === 1 ? 'writer' : 'writers'} ${listed(same)})`
    return { severity: 'alarm', what: `${what}${where}`, todo }
  })
}

function listed(writers: readonly { readonly id: string }[]): string {
  return writers.map(({ id }) => id).join(', ')
}

export function missingAlarms(missing: readonly MissingWriter[]): Alarm[] {
  return missing
    .filter(({ state }) => state === 'gone')
    .map(({ id, seenAt }) => ({
      severity: 'warning',
      what: `writer ${id} ended without a word; it was seen last ${seenAt}`,
      todo: 'see its log and start it again; one that is not to come back is forgotten after a day',
    }))
}

export function partitionAlarms(partitions: readonly PartitionState[]): Alarm[] {
  const free = partitions.filter(({ isHeld }) => !isHeld)
  if (free.length === 0) return []
  return [
    {
      severity: 'alarm',
      what: `no writer works for ${free.length} of ${partitions.length} partitions: ${waitingText(free)} of their zones wait`,
      todo: 'start a writer, or see in the log of those that run why they do not take partitions; after a writer died others take its partitions within seconds',
    },
  ]
}

/** How many is not known without NATS, nor told to everybody. */
function waitingText(partitions: readonly PartitionState[]): string {
  const known = partitions.flatMap(({ waiting }) => waiting ?? [])
  return known.length === 0 ? 'updates' : `${known.reduce((sum, waiting) => sum + waiting, 0)} updates`
}

/** Undefined peers are those that nobody could be asked about. `tellsCounts`: of events of all zones. */
export function edgeAlarms(edges: readonly Peer[] | undefined, tellsCounts = true): Alarm[] {
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
          what: `edge ${id} lacks ${tellsCounts ? `${lag.events} ` : ''}events, for ${Math.round(lag.seconds)} s`,
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
    todo: `zonelog verify ${zone} says more, and zonelog rebuild ${zone} --replace puts what is stored right`,
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
