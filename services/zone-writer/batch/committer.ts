import { type Breaker, createBreaker, isRefusedByBreaker } from '../../../shared/breaker.ts'
import { isBusy, isConnectionFault } from '../../../shared/database/faults.ts'
import { Rcode, rcodeToText } from '../../../shared/dns/codes.ts'
import { eventId } from '../../../shared/event-id.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { Logger } from '../../../shared/log.ts'
import { WRITER_BREAKER_RESET_MS } from '../../../shared/time-limits.ts'
import type { WriterMetrics } from '../metrics.ts'
import type { CommitPool } from '../store/batch-transaction.ts'
import { type CommitOptions, type CommittedBatch, commitBatch } from './commit-batch.ts'
import type { QueuedCommand } from './decide-batch.ts'
import { commitInParts } from './in-parts.ts'

const BREAKER_VOLUME = 1

/** Commits batches through the circuit breaker towards Postgres; `pool` is in pipeline mode. */
export class Committer {
  private readonly pool: CommitPool
  private readonly log: Logger
  private readonly metrics: WriterMetrics
  readonly breaker: Breaker<[work: () => Promise<unknown>], unknown>

  constructor(pool: CommitPool, log: Logger, metrics: WriterMetrics) {
    this.pool = pool
    this.log = log
    this.metrics = metrics
    this.breaker = createBreaker((work: () => Promise<unknown>) => work(), {
      name: 'writer-to-postgres',
      log,
      // the connection has time limits of its own, and an attempt must not go on after it was given up
      timeoutMs: false,
      resetMs: WRITER_BREAKER_RESET_MS,
      volume: BREAKER_VOLUME,
      isInnocent: (error) => !isConnectionFault(error),
      onState: (state) => metrics.breakerState(state),
    })
  }

  /**
   * Commits a batch. When Postgres is there but refuses, one command may be to blame: each is then committed by itself, and the
   * one that still fails is set aside with an event, so that its neighbours go on. Commands of zones that something else holds for
   * longer than a moment, such as an import, are left; with `leaveBusy` no moment is given. Throws when nothing is known to be settled.
   */
  async commit(queue: readonly QueuedCommand[], leaveBusy = false): Promise<CommittedBatch> {
    const began = performance.now()
    const result = await this.attempt(queue, { leaveBusy })
    this.metrics.committed(result, performance.now() - began)
    this.tellRefusals(queue, result)
    return result
  }

  /** Does what is part of a commit and needs Postgres, unless the breaker is open. */
  async guarded<T>(work: () => Promise<T>): Promise<T> {
    return (await this.breaker.fire(work)) as T
  }

  /** Records a command as failed for a reason. With `unread` its message is not even looked at. */
  async setAside(command: QueuedCommand, reason: string, unread = false): Promise<CommittedBatch> {
    const result = await this.guarded(() =>
      commitBatch(this.pool, [command], Date.now, { setAside: reason, unread }),
    )
    if (unread) this.tellRefusals([command], result)
    return result
  }

  private tellRefusals(queue: readonly QueuedCommand[], { events }: CommittedBatch): void {
    const refused = events.filter(({ rcode }) => rcode !== Rcode.NOERROR)
    if (refused.length === 0) return
    const names = new Map(queue.map(({ command: { zoneId, zone } }) => [zoneId, zone]))
    for (const event of refused) this.tellRefusal(eventId(names.get(event.zoneId)!, event.seq), event)
  }

  private tellRefusal(id: string, event: ZoneEvent): void {
    const { commandId, rcode, section, reason, detail, rule, identity, source, edgeId } = event
    this.log.info(
      {
        event: id,
        eventId: commandId,
        rcode: rcodeToText(rcode),
        section,
        reason,
        detail,
        rule,
        by: identity,
        source: source.address,
        edge: edgeId,
      },
      'update refused',
    )
  }

  private async attempt(queue: readonly QueuedCommand[], options: CommitOptions): Promise<CommittedBatch> {
    try {
      return await this.guarded(() => commitBatch(this.pool, queue, Date.now, options))
    } catch (error) {
      if (isBusy(error) && !options.leaveBusy) return await this.attempt(queue, { leaveBusy: true })
      if (isRefusedByBreaker(error) || isConnectionFault(error) || isBusy(error)) throw error
      if (queue.length === 1) return await this.refused(queue[0]!, error)
      this.log.error(
        { error, commands: queue.length },
        'batch refused by Postgres; trying its commands one by one',
      )
      return await commitInParts(
        queue.map((one) => [one]),
        (one) => this.attempt(one, { leaveBusy: true }),
      )
    }
  }

  private async refused(command: QueuedCommand, fault: unknown): Promise<CommittedBatch> {
    this.log.error(
      { error: fault, command: command.command.id },
      'command refused by Postgres; recorded as not applied',
    )
    return await this.setAside(command, `Postgres refused it: ${String(fault)}`)
  }
}
