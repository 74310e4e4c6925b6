interface Kept<T> {
  readonly at: number
  readonly answer: Promise<T>
}

/** Answers that are dear to find, by whom they are for: whoever asks for one again within some moments gets the same. What failed is not kept. */
export class SharedAnswers<T> {
  private readonly freshMs: number
  private readonly kept = new Map<string, Kept<T>>()

  constructor(freshMs: number) {
    this.freshMs = freshMs
  }

  /** `now`: ms since the epoch. */
  async get(whose: string, now: number, find: () => Promise<T>): Promise<T> {
    this.forget(now)
    const found = this.kept.get(whose)
    if (found !== undefined) return await found.answer
    const fresh: Kept<T> = { at: now, answer: find() }
    this.kept.set(whose, fresh)
    fresh.answer.catch(() => {
      if (this.kept.get(whose) === fresh) this.kept.delete(whose)
    })
    return await fresh.answer
  }

  /** Kept in the order in which they were found; a clock may be set back. */
  private forget(now: number): void {
    for (const [whose, { at }] of this.kept) {
      if (now >= at && now - at < this.freshMs) return
      this.kept.delete(whose)
    }
  }
}
