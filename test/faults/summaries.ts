import { type FaultStory, ownMs } from './fault-story.ts'
import type { Hits } from './hits.ts'

export interface FaultSummary {
  readonly kind: string
  readonly count: number
  readonly medianMs: number
  readonly worstMs: number
  /** What was waited for, where others have a part in it; and what is left of the times once that was there again: ours. */
  readonly back?: string
  readonly ownMedianMs?: number
  readonly ownWorstMs?: number
  /** The aim for what is ours, and how many faults were recovered from within it. */
  readonly aimMs?: number
  readonly withinAim?: number
  /** What these faults hit, how many in all, and how many faults hit none. */
  readonly hits?: string
  readonly hitCount?: number
  readonly withoutHit?: number
}

/** By kind. Pure. */
export function summariesOf(faults: readonly FaultStory[], hits: Hits): FaultSummary[] {
  return [...Map.groupBy(faults, ({ kind }) => kind)].map(([kind, stories]) => {
    const { median, worst } = spread(stories.flatMap(({ recoveredMs }) => recoveredMs ?? []))
    return {
      ...{ kind, count: stories.length, medianMs: median, worstMs: worst },
      ...ownPart(stories),
      ...aimOf(stories),
      ...hitBy(stories, hits),
    }
  })
}

function ownPart(stories: readonly FaultStory[]): Partial<FaultSummary> {
  const shared = stories.filter(({ backMs }) => backMs !== undefined)
  const own = shared.flatMap((story) => ownMs(story) ?? [])
  if (own.length === 0) return {}
  const { median, worst } = spread(own)
  return { back: shared[0]!.back ?? '', ownMedianMs: median, ownWorstMs: worst }
}

function aimOf(stories: readonly FaultStory[]): Partial<FaultSummary> {
  const aimMs = stories[0]!.aimMs
  if (aimMs === undefined) return {}
  return {
    aimMs,
    withinAim: stories.filter((story) => (ownMs(story) ?? Number.POSITIVE_INFINITY) <= aimMs).length,
  }
}

function hitBy(stories: readonly FaultStory[], hits: Hits): Partial<FaultSummary> {
  const counts = stories.flatMap((story) => hits.of(story) ?? [])
  if (counts.length === 0) return {}
  return {
    hits: stories[0]!.hits!,
    hitCount: counts.reduce((sum, count) => sum + count, 0),
    withoutHit: counts.filter((count) => count === 0).length,
  }
}

function spread(times: readonly number[]): { median: number; worst: number } {
  const sorted = times.toSorted((one, other) => one - other)
  return { median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, worst: sorted.at(-1) ?? Number.NaN }
}

/** For people. */
export function summaryLines(summaries: readonly FaultSummary[]): string[] {
  const kinds = [...summaries].sort((one, other) => one.kind.localeCompare(other.kind))
  return [
    `${'fault'.padEnd(42)} count  median   worst | ours: median   worst | within the aim     | hit`,
    ...kinds.map((one) => {
      const { kind, count, medianMs, worstMs, ownMedianMs = medianMs, ownWorstMs = worstMs } = one
      const times = `${inSeconds(medianMs)} ${inSeconds(worstMs)} |       ${inSeconds(ownMedianMs)} ${inSeconds(ownWorstMs)}`
      return `${kind.padEnd(42)} ${String(count).padStart(5)} ${times} | ${aimText(one).padEnd(18)} | ${hitText(one)}`
    }),
    'Times until updates of all zones succeed. Ours is what is left of them once NATS had its leaders, Postgres committed, or the stalls were over.',
  ]
}

function aimText({ aimMs, withinAim, count }: FaultSummary): string {
  return aimMs === undefined ? '' : `${withinAim} of ${count} in ${aimMs / 1_000} s`
}

function hitText({ hits, hitCount, withoutHit, count }: FaultSummary): string {
  if (hits === undefined) return ''
  if (hitCount === 0) return `NEVER HIT ANYTHING (${hits})`
  return `${hitCount} ${hits}${withoutHit === 0 ? '' : `, none by ${withoutHit} of ${count}`}`
}

function inSeconds(ms: number): string {
  return Number.isNaN(ms) ? '      -' : `${(ms / 1_000).toFixed(2)} s`.padStart(7)
}
