import { type Breaker, createBreaker, isRefusedByBreaker } from '../../../shared/breaker.ts'
import type { TelemetryConfig } from '../../../shared/config/telemetry.ts'
import { isBusy, isConnectionFault, isStalePreparation } from '../../../shared/database/faults.ts'
import type { Logger } from '../../../shared/log.ts'
import { WRITER_BREAKER_RESET_MS } from '../../../shared/time-limits.ts'
import type { Period, Tracing } from '../../../shared/tracing/tracing.ts'
import type { WriterMetrics } from '../metrics.ts'
import type { PublishedRanges } from '../publish/published-ranges.ts'
import type { CommitPool } from '../store/batch-transaction.ts'
import { type CommitOptions, type CommittedBatch, commitBatch } from './commit-batch.ts'
import type { QueuedCommand } from './decide-batch.ts'
import { commitInParts } from './in-parts.ts'
import { traceBatch } from './trace-batch.ts'
import { UpdateLog } from './update-log.ts'
import { ZoneMemory } from './zone-memory.ts'

const BREAKER_VOLUME = 1
const DROPPED: CommittedBatch = {
  ...{ outcomes: [], events: [], touched: new Map(), repeats: 0, left: [] },
  decided: { from: 0, to: 0 },
}

export interface CommitterOptions {
  /** Of which updates the log has a line; of all where nothing is said. */
  readonly logUpdates?: TelemetryConfig['logUpdates']
  /** What has reached NATS, to be recorded on the way. */
  readonly published?: PublishedRanges
  /** Undefined where nothing is traced. */
  readonly tracing?: Pick<Tracing, 'batch'> | undefined
}

/** Commits batches through the circuit breaker towards Postgres; the connections of `pool` prepare their statements. */
export class Committer {
  private readonly pool: CommitPool
  private readonly log: Logger
  private readonly metrics: WriterMetrics
  private readonly updates: UpdateLog
  private readonly memory = new ZoneMemory()
  private readonly published: PublishedRanges | undefined
  private readonly tracing: CommitterOptions['tracing']
  readonly breaker: Breaker<[work: () => Promise<unknown>], unknown>

  constructor(pool: CommitPool, log: Logger, metrics: WriterMetrics, options: CommitterOptions = {}) {
    this.pool = pool
    this.log = log
    this.metrics = metrics
    this.updates = new UpdateLog(log, options.logUpdates ?? 'all')
    this.published = options.published
    this.tracing = options.tracing
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
    const takenAt = Date.now()
    const from = performance.now()
    const result = await this.attempt(queue, { leaveBusy })
    return this.tell(queue, result, takenAt, { from, to: performance.now() })
  }

  /**
   * Commits a batch if that can be done at once: nothing is waited for that something else holds, and no command is looked into that may be to
   * blame. Undefined where it cannot: nothing was done then. Throws as {@link commit} does.
   */
  async commitAtOnce(queue: readonly QueuedCommand[]): Promise<CommittedBatch | undefined> {
    const takenAt = Date.now()
    const from = performance.now()
    const { pool, memory, published } = this
    try {
      const result = await this.guarded(() =>
        commitBatch(pool, queue, Date.now, { atOnce: true, memory, published }),
      )
      return this.tell(queue, result, takenAt, { from, to: performance.now() })
    } catch (error) {
      if (isRefusedByBreaker(error) || isConnectionFault(error)) throw error
      if (!isBusy(error) && !isStalePreparation(error))
        this.log.warn({ error, commands: queue.length }, 'commit refused by Postgres; trying its parts')
      return undefined
    }
  }

  /** Does what is part of a commit and needs Postgres, unless the breaker is open. */
  async guarded<T>(work: () => Promise<T>): Promise<T> {
    return (await this.breaker.fire(work)) as T
  }

  /** Records a command as failed for a reason. With `unread` its message is not even looked at. */
  async setAside(command: QueuedCommand, reason: string, unread = false): Promise<CommittedBatch> {
    const takenAt = Date.now()
    const from = performance.now()
    const result = await this.guarded(() =>
      commitBatch(this.pool, [command], Date.now, { setAside: reason, unread }),
    )
    // else it is part of a batch that is told of as a whole
    return unread ? this.tell([command], result, takenAt, { from, to: performance.now() }) : result
  }

  /** Metrics, log and traces. `period` is when the batch was taken, which was at `takenAt` by the clock, and when it was committed. */
  private tell(
    queue: readonly QueuedCommand[],
    result: CommittedBatch,
    takenAt: number,
    period: Period,
  ): CommittedBatch {
    const left = new Set(result.left)
    const settled = left.size === 0 ? queue : queue.filter((one) => !left.has(one))
    if (settled.length === 0) return result
    const ms = period.to - period.from
    this.metrics.committed(settled, result, takenAt, ms)
    this.updates.tell(settled, result, { takenAt, ms })
    const trace = this.tracing && traceBatch(this.tracing, settled, result, period)
    return trace === undefined ? result : { ...result, trace }
  }

  private async attempt(
    queue: readonly QueuedCommand[],
    options: CommitOptions,
    isSecond = false,
  ): Promise<CommittedBatch> {
    try {
      return await this.guarded(() =>
        commitBatch(this.pool, queue, Date.now, {
          ...options,
          memory: this.memory,
          published: this.published,
        }),
      )
    } catch (error) {
      if (isBusy(error) && !options.leaveBusy) return await this.attempt(queue, { leaveBusy: true })
      if (isRefusedByBreaker(error) || isConnectionFault(error) || isBusy(error)) throw error
      // of the connection, which is gone by now: the commands are not to blame
      if (isStalePreparation(error) && !isSecond) return await this.attempt(queue, options, true)
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
    try {
      return await this.setAside(command, `Postgres refused it: ${String(fault)}`)
    } catch (error) {
      if (isRefusedByBreaker(error) || isConnectionFault(error) || isBusy(error) || isStalePreparation(error))
        throw error
      // it would hold up its partition for ever
      this.log.error(
        { error, command: command.command.id, zone: command.command.zone },
        'ALARM: a command can neither be decided nor recorded; it is dropped, and nobody is answered',
      )
      return DROPPED
    }
  }
}
