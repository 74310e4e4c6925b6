import type { PublishedRange } from '../store/zones.ts'

interface Range extends PublishedRange {
  readonly since: number
}

/** What the stream of events has confirmed and zones' rows do not say yet. */
export class PublishedRanges {
  private readonly byZone = new Map<number, Range[]>()
  private readonly now: () => number

  /** `now` in ms, of a clock that does not go back. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now
  }

  add({ zoneId, from, to }: PublishedRange): void {
    const ranges = this.byZone.get(zoneId)
    const last = ranges?.at(-1)
    const range = { zoneId, from, to, since: this.now() }
    if (ranges === undefined || last === undefined) this.byZone.set(zoneId, [range])
    else if (from > last.to) {
      if (from === last.to + 1) ranges[ranges.length - 1] = { ...last, to }
      else ranges.push(range)
    } else this.byZone.set(zoneId, joined([...ranges, range]))
  }

  /** The oldest of a zone; it stays until it is {@link recorded}. */
  of(zoneId: number): PublishedRange | undefined {
    return this.byZone.get(zoneId)?.[0]
  }

  /** The oldest of each of these zones that has one, for whoever writes their rows anyway. */
  ofEach(zoneIds: Iterable<number>): PublishedRange[] {
    return [...zoneIds].flatMap((id) => this.of(id) ?? [])
  }

  /** The zones' rows say so, or cannot: what is before it was not confirmed, and is published again. */
  recorded(ranges: readonly PublishedRange[]): void {
    for (const range of ranges) this.forget(range)
  }

  /** The oldest of each zone, of those that nobody has recorded for as many ms as may be waited for that. */
  due(mayWaitMs: (zoneId: number) => number): PublishedRange[] {
    const now = this.now()
    return [...this.byZone.values()]
      .map(([oldest]) => oldest!)
      .filter(({ zoneId, since }) => now - since >= mayWaitMs(zoneId))
  }

  private forget({ zoneId, to }: PublishedRange): void {
    const left = (this.byZone.get(zoneId) ?? []).filter((range) => range.to > to)
    const since = this.now()
    if (left.length === 0) this.byZone.delete(zoneId)
    // of one that has grown meanwhile, only what is new is left
    else
      this.byZone.set(
        zoneId,
        left.map((range) => (range.from > to ? range : { ...range, from: to + 1, since })),
      )
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
