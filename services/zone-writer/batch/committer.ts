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

const BREAKER_VOLUME = 1

/** Commits batches through the circuit breaker towards Postgres; `pool` is in pipeline mode. */
export class Committer {
  private readonly pool: CommitPool
  private readonly log: Logger
  private readonly metrics: WriterMetrics
  readonly breaker: Breaker<[readonly QueuedCommand[], CommitOptions], CommittedBatch>

  constructor(pool: CommitPool, log: Logger, metrics: WriterMetrics) {
    this.pool = pool
    this.log = log
    this.metrics = metrics
    const commit = (queue: readonly QueuedCommand[], options: CommitOptions) =>
      commitBatch(pool, queue, Date.now, options)
    this.breaker = createBreaker(commit, {
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
      return await this.breaker.fire(queue, options)
    } catch (error) {
      if (isBusy(error) && !options.leaveBusy) return await this.attempt(queue, { leaveBusy: true })
      if (isRefusedByBreaker(error) || isConnectionFault(error) || isBusy(error)) throw error
      if (queue.length === 1) return await this.setAside(queue[0]!, error)
      this.log.error(
        { error, commands: queue.length },
        'batch refused by Postgres; trying its commands one by one',
      )
      return await this.oneByOne(queue)
    }
  }

  private async oneByOne(queue: readonly QueuedCommand[]): Promise<CommittedBatch> {
    const results: CommittedBatch[] = []
    const busy = new Set<number>()
    for (const one of queue) {
      // what comes later must not be decided before what was left (P9)
      if (busy.has(one.command.zoneId)) results.push(nothingBut([one]))
      else results.push(await this.attempt([one], { leaveBusy: true }))
      if (results.at(-1)!.left.length > 0) busy.add(one.command.zoneId)
    }
    return {
      outcomes: results.flatMap((result) => result.outcomes),
      events: results.flatMap((result) => result.events),
      touched: new Map(),
      repeats: results.reduce((sum, result) => sum + result.repeats, 0),
      left: results.flatMap((result) => result.left),
    }
  }

  private async setAside(command: QueuedCommand, fault: unknown): Promise<CommittedBatch> {
    this.log.error(
      { error: fault, command: command.command.id },
      'command refused by Postgres; recorded as not applied',
    )
    return await commitBatch(this.pool, [command], Date.now, {
      setAside: `Postgres refused it: ${String(fault)}`,
    })
  }
}

function nothingBut(left: readonly QueuedCommand[]): CommittedBatch {
  return { outcomes: [], events: [], touched: new Map(), repeats: 0, left }
}
