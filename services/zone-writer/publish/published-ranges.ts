import type { PublishedRange } from '../store/published.ts'

interface Range extends PublishedRange {
  readonly since: number
}

/** What the stream of events has confirmed and zones' rows do not say yet. */
export class PublishedRanges {
  /** In order, with a gap between each and the next. */
  private readonly byZone = new Map<number, readonly Range[]>()
  private readonly now: () => number

  /** `now` in ms, of a clock that does not go back. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now
  }

  add({ zoneId, from, to }: PublishedRange): void {
    const ranges = this.byZone.get(zoneId) ?? []
    const last = ranges.at(-1)
    const range = { zoneId, from, to, since: this.now() }
    if (last === undefined || from > last.to + 1) this.put(zoneId, [...ranges, range])
    else if (from === last.to + 1) this.put(zoneId, [...ranges.slice(0, -1), { ...last, to }])
    else this.put(zoneId, joined([...ranges, range]))
  }

  /** The oldest of a zone; it stays until the zone's row has {@link reached} its end. */
  of(zoneId: number): PublishedRange | undefined {
    return this.byZone.get(zoneId)?.[0]
  }

  /** The oldest of each zone, of those that nobody has recorded for as many ms as may be waited for that. */
  due(mayWaitMs: (zoneId: number) => number): PublishedRange[] {
    const now = this.now()
    return [...this.byZone.values()]
      .map(([oldest]) => oldest!)
      .filter(({ zoneId, since }) => now - since >= mayWaitMs(zoneId))
  }

  /** The events of a zone after one and up to another that are not known to be confirmed, in order. */
  missing(zoneId: number, after: number, upTo: number): PublishedRange[] {
    const result: PublishedRange[] = []
    let from = after + 1
    for (const range of this.byZone.get(zoneId) ?? []) {
      if (range.from > upTo) break
      if (range.from > from) result.push({ zoneId, from, to: range.from - 1 })
      from = Math.max(from, range.to + 1)
    }
    if (from <= upTo) result.push({ zoneId, from, to: upTo })
    return result
  }

  /** A zone's row says so far by now. What is behind a gap stays until that is closed. */
  reached(zoneId: number, publishedSeq: number): void {
    const ranges = this.byZone.get(zoneId)
    if (ranges === undefined || ranges[0]!.from > publishedSeq) return
    const since = this.now()
    this.put(
      zoneId,
      ranges
        .filter(({ to }) => to > publishedSeq)
        // of one that has grown meanwhile, only what is new is left
        .map((range) => (range.from > publishedSeq ? range : { ...range, from: publishedSeq + 1, since })),
    )
  }

  /**
   * The newest event of a zone by its row, which the caller has locked. Who knows of later ones knows a history that Postgres has lost, as in a fail-over: the
   * next events will have their numbers, and none of what was confirmed is theirs.
   */
  endsAt(zoneId: number, seq: number): void {
    const newest = this.byZone.get(zoneId)?.at(-1)
    if (newest !== undefined && newest.to > seq) this.forget(zoneId)
  }

  forget(zoneId: number): void {
    this.byZone.delete(zoneId)
  }

  forgetAll(): void {
    this.byZone.clear()
  }

  private put(zoneId: number, ranges: readonly Range[]): void {
    if (ranges.length === 0) this.forget(zoneId)
    else this.byZone.set(zoneId, ranges)
  }
}

/** In order, those that meet as one, which is as old as the oldest of them. */
function joined(ranges: readonly Range[]): Range[] {
  const result: Range[] = []
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last === undefined || range.from > last.to + 1) result.push(range)
    else
      result[result.length - 1] = {
        ...last,
        to: Math.max(last.to, range.to),
        since: Math.min(last.since, range.since),
      }
  }
  return result
}
