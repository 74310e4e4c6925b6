import { setTimeout as delay } from 'node:timers/promises'

/** Whoever asks waits so long at most for what is looked up anew, in ms, and gets what was known before if that was not enough. */
const PATIENCE_MS = 500

/** Something that is looked up elsewhere, now and then, for those who ask again and again. A failure leaves what was known. */
export class Remembered<T> {
  private readonly look: () => Promise<T>
  private readonly freshMs: number
  private known: T
  private lookedAt = Number.NEGATIVE_INFINITY
  private looking: Promise<void> | undefined

  /** What was looked up less than `freshMs` ago is not looked up again; `unknown` is said before anything is known. */
  constructor(look: () => Promise<T>, freshMs: number, unknown: T) {
    this.look = look
    this.freshMs = freshMs
    this.known = unknown
  }

  async get(): Promise<T> {
    if (performance.now() - this.lookedAt < this.freshMs) return this.known
    this.looking ??= this.lookAgain().finally(() => {
      this.looking = undefined
    })
    await Promise.race([this.looking, delay(PATIENCE_MS, undefined, { ref: false })])
    return this.known
  }

  private async lookAgain(): Promise<void> {
    try {
      this.known = await this.look()
      this.lookedAt = performance.now()
    } catch {
      // asked again the next time
    }
  }
}
