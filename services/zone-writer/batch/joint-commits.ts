import type { CommittedBatch, Settle } from './commit-batch.ts'
import type { Committer } from './committer.ts'
import type { QueuedCommand } from './decide-batch.ts'

/** A batch of so many commands gains nothing by company, which would wait for it. */
const MOST_TO_JOIN = 64
/** So many commands are committed together at most. */
const MOST_TOGETHER = 256
/** So few are not made to wait for what is under way: each commit of them takes little. */
const FEW = 8
/** So many are worth a commit beside another: they are decided while that one is flushed. */
const MANY = 128

interface Part {
  readonly queue: readonly QueuedCommand[]
  readonly settle: Settle
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Commits the batches of several partitions in one transaction, as they come in one turn of the event loop, or while others are under way, unless
 * those are few: no timer waits for more. One that cannot be committed at once with the others, because something holds a zone of it, or because of a command
 * that Postgres refuses, keeps none of them waiting: each is then committed by itself.
 */
export class JointCommits {
  private readonly committer: Pick<Committer, 'commit' | 'commitAtOnce'>
  private readonly announce: (result: CommittedBatch) => void
  private waiting: Part[] = []
  private commits = 0
  private commandsUnderWay = 0
  private isDue = false

  /** `announce` tells edges and the world, after a commit: once for all that was committed together. */
  constructor(
    committer: Pick<Committer, 'commit' | 'commitAtOnce'>,
    announce: (result: CommittedBatch) => void,
  ) {
    this.committer = committer
    this.announce = announce
  }

  /** Throws as {@link Committer.commit} does. `settle` is called in the turn in which all is announced. */
  async commit(queue: readonly QueuedCommand[], settle: Settle): Promise<void> {
    if (queue.length > MOST_TO_JOIN) return await this.commitAlone(queue, settle)
    await new Promise<void>((resolve, reject) => {
      this.waiting.push({ queue, settle, resolve, reject })
      this.beginSoon()
    })
  }

  /** When all that has come with it has been given out as well. */
  private beginSoon(): void {
    if (this.isDue) return
    this.isDue = true
    setImmediate(() => {
      this.isDue = false
      while (this.mayBegin()) void this.commitTogether(this.take())
    })
  }

  private mayBegin(): boolean {
    const commands = countOf(this.waiting)
    if (commands === 0) return false
    if (this.commits === 0 || this.commandsUnderWay + commands <= FEW) return true
    return this.commits === 1 && commands >= MANY
  }

  private take(): Part[] {
    let commands = 0
    const end = this.waiting.findIndex(({ queue }) => {
      commands += queue.length
      return commands > MOST_TOGETHER
    })
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end)
  }

  private async commitTogether(parts: readonly Part[]): Promise<void> {
    const queue = parts.flatMap((part) => part.queue)
    this.commits++
    this.commandsUnderWay += queue.length
    try {
      const result = await this.committer.commitAtOnce(queue)
      if (result === undefined) this.commitEach(parts)
      else this.finish(parts, result)
    } catch (error) {
      for (const { reject } of parts) reject(error)
    } finally {
      this.commits--
      this.commandsUnderWay -= queue.length
      this.beginSoon()
    }
  }

  private finish(parts: readonly Part[], result: CommittedBatch): void {
    this.announce(result)
    for (const { settle, resolve } of parts) {
      settle(result.left)
      resolve()
    }
  }

  private commitEach(parts: readonly Part[]): void {
    for (const { queue, settle, resolve, reject } of parts)
      this.commitAlone(queue, settle).then(resolve, reject)
  }

  private async commitAlone(queue: readonly QueuedCommand[], settle: Settle): Promise<void> {
    const result = await this.committer.commit(queue)
    this.announce(result)
    settle(result.left)
  }
}

function countOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { queue }) => sum + queue.length, 0)
}
