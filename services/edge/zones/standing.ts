/**
 * How current a zone is that an edge holds: the newest event known to exist, since when it is lacking, and when the zone was
 * last known to be as the writers have it. Times in ms of a clock that only goes forward.
 */
export class Standing {
  private readonly now: () => number
  private newest = 0
  private arrived = 0
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

  /** Events that are known to be lacking, or wait here to be applied. */
  get lagEvents(): number {
    return this.reached === undefined ? 0 : Math.max(0, Math.max(this.newest, this.arrived) - this.reached)
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

  /** An event of that number has come, and waits for its turn: it is lacking, but need not be fetched. */
  arrive(seq: number): void {
    this.arrived = Math.max(this.arrived, seq)
    if (this.lagEvents > 0) this.behindSince ??= this.now()
  }

  /** What was known cannot be trusted, except that `seq` exists. */
  aimAnew(seq: number): void {
    this.newest = seq
    this.arrived = 0
  }

  /** The zone is held as of event `seq`. Without anything newer in sight that is as the writers have it. */
  holds(seq: number): void {
    this.reached = seq
    const since = this.behindSince
    if (!this.isBehind) this.confirmed()
    if (this.lagEvents > 0) this.behindSince = since ?? this.now()
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
