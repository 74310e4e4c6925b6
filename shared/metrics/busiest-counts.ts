/** One count: `name` is undefined for all names that are not told apart. */
export interface BusyCount {
  readonly name: string | undefined
  readonly kind: number
  readonly count: number
}

interface Tally {
  /** Of late: it fades with each review. */
  recent: number
  /** While the name is told apart. */
  counts: Map<number, number> | undefined
}

/** Names that wait to be told apart, for each that is. */
const WAITING = 8
/** Between two reviews at least, in ms. */
const REVIEW_MS = 60_000
/** A name takes the place of another once it is so many times as busy, and by so much: places that change hands break graphs. */
const BUSIER = 2
const BY = 10

/**
 * Counts by name and by kind, for labels of metrics: the busiest names are told apart, the rest is one. However many names come, memory
 * and labels stay bounded. Each count goes to one place and stays there, so that none ever falls: a name that loses its place is not
 * told any more, and what it counts from then on is of the rest.
 */
export class BusiestCounts {
  private readonly most: number
  private readonly now: () => number
  private readonly tallies = new Map<string, Tally>()
  private readonly rest = new Map<number, number>()
  private told = 0
  private reviewedAt: number

  /** `most` names are told apart. `now` is a clock in ms that only goes forward. */
  constructor(most: number, now: () => number = () => performance.now()) {
    this.most = most
    this.now = now
    this.reviewedAt = now()
  }

  add(name: string, kind: number): void {
    const tally = this.tallies.get(name) ?? this.begin(name)
    if (tally !== undefined) tally.recent += 1
    const counts = tally?.counts ?? this.rest
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }

  /** For whoever asks for metrics. */
  *entries(): Generator<BusyCount> {
    if (this.now() - this.reviewedAt >= REVIEW_MS) this.review()
    for (const [name, { counts }] of this.tallies)
      for (const [kind, count] of counts ?? []) yield { name, kind, count }
    for (const [kind, count] of this.rest) yield { name: undefined, kind, count }
  }

  /** Undefined where there is no room for another name now. */
  private begin(name: string): Tally | undefined {
    if (this.tallies.size >= this.most * (1 + WAITING)) {
      this.makeRoom()
      return undefined
    }
    const tally: Tally = { recent: 0, counts: undefined }
    if (this.told < this.most) this.tell(tally)
    this.tallies.set(name, tally)
    return tally
  }

  /** Misra and Gries: names that come again and again stay, however many others come, and each of these pays for a look at all once. */
  private makeRoom(): void {
    for (const [name, tally] of this.tallies) {
      if (tally.counts !== undefined) continue
      tally.recent -= 1
      if (tally.recent <= 0) this.tallies.delete(name)
    }
  }

  private tell(tally: Tally): void {
    tally.counts = new Map()
    this.told += 1
  }

  /** Gives places to names that have become busier than those that have them, and forgets a part of what was. */
  private review(): void {
    this.reviewedAt = this.now()
    const all = [...this.tallies.values()]
    const waiting = all.filter(({ counts }) => counts === undefined).sort((a, b) => b.recent - a.recent)
    const quiet = all.filter(({ counts }) => counts !== undefined).sort((a, b) => a.recent - b.recent)
    for (const [index, busy] of waiting.entries()) {
      const leaving = quiet[index]
      if (leaving === undefined || busy.recent <= BUSIER * leaving.recent + BY) break
      leaving.counts = undefined
      busy.counts = new Map()
    }
    for (const [name, tally] of this.tallies) {
      tally.recent = Math.floor(tally.recent / 2)
      if (tally.recent === 0 && tally.counts === undefined) this.tallies.delete(name)
    }
  }
}
