/**
 * How current a zone is that an edge holds: the newest event known to exist, since when it is lacking, and when the zone was
 * last known to be as the writers have it. Times in ms of a clock that only goes forward.
 */
export class Standing {
  private readonly now: () => number
  private newest = 0
  private reached: number | undefined
  private behindSince: number | undefined
  private confirmedAt = Number.NEGATIVE_INFINITY

  constructor(now: () => number) {
    this.now = now
  }

  /** The highest number known to exist. A fetch that does not bring it is not done. */
  get target(): number {
    return this.newest
  }

  get isBehind(): boolean {
    return this.reached !== undefined && this.reached < this.newest
  }

  /** Events that are known to be lacking. */
  get lagEvents(): number {
    return this.isBehind ? this.newest - this.reached! : 0
  }

  /** For how long the oldest of them has been known. */
  get lagMs(): number {
    return this.behindSince === undefined ? 0 : this.now() - this.behindSince
  }

  get unconfirmedMs(): number {
    return this.now() - this.confirmedAt
  }

  /** An event of that number exists. */
  aim(seq: number): void {
    this.newest = Math.max(this.newest, seq)
    if (this.isBehind) this.behindSince ??= this.now()
  }

  /** What was known cannot be trusted, except that `seq` exists. */
  aimAnew(seq: number): void {
    this.newest = seq
  }

  /** The zone is held as of event `seq`. Without anything newer in sight that is as the writers have it. */
  holds(seq: number): void {
    this.reached = seq
    if (this.isBehind) this.behindSince ??= this.now()
    else this.confirmed()
  }

  /** A writer says that there is nothing newer. */
  confirmed(): void {
    this.behindSince = undefined
    this.confirmedAt = this.now()
  }

  /** Nothing is held any more. */
  dropped(): void {
    this.reached = undefined
    this.behindSince = undefined
  }
}
