import { BusiestCounts } from './busiest-counts.ts'
import type { ServiceMetrics } from './service-metrics.ts'

/** What stands for all names that are not told apart. */
export const OTHER = 'other'

/** A counter with two labels: a name of which there may be any number, and a word of ours. The busiest names are told apart. */
export class LabelledCounts {
  private readonly busiest: BusiestCounts
  private readonly words: string[] = []

  constructor(
    metrics: ServiceMetrics,
    name: string,
    help: string,
    [nameLabel, wordLabel]: readonly [string, string],
    most: number,
  ) {
    this.busiest = new BusiestCounts(most)
    metrics.counters(name, help, [nameLabel, wordLabel], () =>
      [...this.busiest.entries()].map(({ name: known = OTHER, kind, count }) => ({
        labels: { [nameLabel]: known, [wordLabel]: this.words[kind]! },
        count,
      })),
    )
  }

  add(name: string, word: string): void {
    const known = this.words.indexOf(word)
    this.busiest.add(name, known === -1 ? this.words.push(word) - 1 : known)
  }
}
