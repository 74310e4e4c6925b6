import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import type { Logger } from '../../../shared/log.ts'
import { forgetTries, noteTries, takeBackTries, triedBefore } from '../store/tries.ts'
import type { CommittedBatch } from './commit-batch.ts'
import type { Committer } from './committer.ts'
import type { QueuedCommand } from './decide-batch.ts'
import { commitInParts } from './in-parts.ts'
import { triedParts } from './tried-parts.ts'

/** So many processes may end while they have a command alone in hand. A kill may hit one by chance, hardly two. */
const MOST_DEATHS = 2

/**
 * Commits commands that waited when this writer came to them: another process may have had them in hand, and have ended because of
 * one. That they are tried is noted first. Those that a process did not live to settle are tried in fewer and fewer together, and one of which
 * several processes ended that had it alone is set aside with an event, so that its neighbours go on (P5).
 */
export class TriedCommands {
  private readonly db: Kysely<Database>
  private readonly committer: Committer
  private readonly log: Logger
  private readonly by = randomUUID()
  private lastTurn: Promise<unknown> = Promise.resolve()

  /** `db` has short time limits. */
  constructor(db: Kysely<Database>, committer: Committer, log: Logger) {
    this.db = db
    this.committer = committer
    this.log = log
  }

  async commit(queue: readonly QueuedCommand[], leaveBusy: boolean): Promise<CommittedBatch> {
    const tried = await this.committer.guarded(() => triedBefore(this.db, queue.map(idOf), this.by))
    const parts = triedParts(queue, (one) => tried.get(idOf(one)))
    return await commitInParts(parts, async (part) => {
      // what was alone in hand is a part of its own
      const [first] = part
      const before = tried.get(idOf(first!))
      if (before === undefined && part.length > 1) return await this.attempt(part, leaveBusy, false)
      if (before !== undefined && before.alone >= MOST_DEATHS)
        return await this.setAside(first!, before.alone)
      return await this.inTurn(() => this.attempt(part, leaveBusy, true))
    })
  }

  private async attempt(
    part: readonly QueuedCommand[],
    leaveBusy: boolean,
    isSuspect: boolean,
  ): Promise<CommittedBatch> {
    const ids = part.map(idOf)
    await this.committer.guarded(() => noteTries(this.db, ids, this.by))
    const result = await this.committer.commit(part, leaveBusy)
    const left = new Set(result.left.map(idOf))
    const forgotten = this.forget(ids.filter((id) => !left.has(id)))
    // what is tried again must not be found among those that this process has in hand when it ends
    if (left.size > 0) await this.takeBack([...left])
    // the next suspect is alone in hand only when this one is no more
    if (isSuspect) await forgotten
    return result
  }

  /** One at a time of all partitions: should the process end, it was this one. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.lastTurn.then(work)
    this.lastTurn = turn.catch(() => {})
    return turn
  }

  private async setAside(one: QueuedCommand, deaths: number): Promise<CommittedBatch> {
    this.log.error(
      { command: idOf(one), deaths },
      'command ended the writer again and again; recorded as not applied',
    )
    const reason = `the writer's process ended ${deaths} times while it decided this, so it is not tried again`
    const result = await this.committer.setAside(one, reason, true)
    await this.forget([idOf(one)])
    return result
  }

  private async takeBack(ids: readonly string[]): Promise<void> {
    await takeBackTries(this.db, ids, this.by).catch((error) =>
      this.log.warn({ error }, 'tries of commands that were left are not taken back'),
    )
  }

  /** What stays is forgotten later: the commands are settled. */
  private async forget(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await forgetTries(this.db, ids).catch((error) => this.log.warn({ error }, 'tried commands not forgotten'))
  }
}

function idOf({ command }: QueuedCommand): string {
  return command.id
}
