import type { QueuedCommand } from '../batch/decide-batch.ts'

const RETRY_MS = 50

/** A command, and the message that it came in. */
export interface Taken<Message> {
  readonly message: Message
  readonly queued: QueuedCommand
  /** Another process may have had it in hand. */
  readonly hasWaited: boolean
}

/** Commands of zones that something else holds, such as an import: they wait here, in order, while their neighbours go on. */
export class HeldBack<Message> {
  private waiting: readonly Taken<Message>[] = []
  private dueAt = 0
  private readonly now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.now = now
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0
  }

  /** When to try again, in ms from now; undefined when nothing waits. */
  get dueMs(): number | undefined {
    return this.isEmpty ? undefined : Math.max(0, this.dueAt - this.now())
  }

  /**
   * What may be tried now of what has just come, after what waits where that is due. A command never passes by one of its own
   * zone that waits (P9).
   */
  admit(taken: readonly Taken<Message>[]): readonly Taken<Message>[] {
    const { dueMs } = this
    if (dueMs === undefined) return taken
    const all = [...this.waiting, ...taken]
    const zones = dueMs === 0 ? new Set() : new Set(this.waiting.map(zoneOf))
    this.waiting = all.filter((one) => zones.has(zoneOf(one)))
    return all.filter((one) => !zones.has(zoneOf(one)))
  }

  /** Takes those that could not be decided of what was admitted; gives the others. */
  keep(admitted: readonly Taken<Message>[], left: readonly QueuedCommand[]): readonly Taken<Message>[] {
    if (left.length === 0) return admitted
    if (this.isEmpty) this.dueAt = this.now() + RETRY_MS
    const isLeft = new Set(left)
    this.waiting = [...this.waiting, ...admitted.filter(({ queued }) => isLeft.has(queued))]
    return admitted.filter(({ queued }) => !isLeft.has(queued))
  }
}

function zoneOf({ queued }: Taken<unknown>): number {
  return queued.command.zoneId
}
