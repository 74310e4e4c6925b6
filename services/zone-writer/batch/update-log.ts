import type { UpdateCommand } from '../../../shared/commands.ts'
import type { TelemetryConfig } from '../../../shared/config/telemetry.ts'
import { Rcode, rcodeToText } from '../../../shared/dns/codes.ts'
import { eventId } from '../../../shared/event-id.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { Logger } from '../../../shared/log.ts'
import { LogLines } from '../../../shared/log-lines.ts'
import type { CommittedBatch } from './commit-batch.ts'
import type { QueuedCommand } from './decide-batch.ts'

/** When a batch was taken, in ms since the epoch, and what it took to its commit. */
export interface BatchTimes {
  readonly takenAt: number
  readonly ms: number
}

/**
 * One line for each update that was decided, after its commit: a re-send or redelivery that gets the first outcome has none. What
 * edges refused before it was a command is in their logs.
 */
export class UpdateLog {
  private readonly log: Logger
  private readonly which: TelemetryConfig['logUpdates']

  constructor(log: Logger, which: TelemetryConfig['logUpdates']) {
    this.log = log
    this.which = which
  }

  /** In the next turn of the event loop: whoever waits for the answer waits for no line of the log. */
  tell(queue: readonly QueuedCommand[], result: CommittedBatch, times: BatchTimes): void {
    if (this.which === 'none' || !this.log.isLevelEnabled('info')) return
    setImmediate(() => this.write(queue, result, times))
  }

  private write(queue: readonly QueuedCommand[], result: CommittedBatch, times: BatchTimes): void {
    const { events, outcomes } = result
    const lines = new LogLines(this.log)
    let next = 0
    for (const [index, { command, queuedAt }] of queue.entries()) {
      const event = events[next]?.commandId === command.id ? events[next++] : undefined
      if (event !== undefined) this.add(lines, command, event, stagesOf(event, result, times))
      // of a zone that is not there: nothing was recorded, so there is no other trace of it
      else if (outcomes[index]?.outcome.seq === 0)
        this.add(lines, command, outcomes[index].outcome, stagesOf({ ...command, queuedAt }, result, times))
    }
    lines.write()
  }

  private add(lines: LogLines, command: UpdateCommand, decided: Decided, ms: Record<string, number>): void {
    const { rcode, reason, detail } = decided
    const isRefused = rcode !== Rcode.NOERROR
    if (this.which === 'refused' && !isRefused) return
    lines.add(
      {
        event: decided.seq > 0 ? eventId(command.zone, decided.seq) : undefined,
        zone: command.zone,
        rcode: rcodeToText(rcode),
        reason,
        by: command.identity,
        source: command.source.address,
        transport: command.transport,
        edge: command.edgeId,
        ...(isRefused
          ? { section: decided.section, detail, rule: decided.rule }
          : { serial: decided.serialAfter }),
        command: command.id,
        ms,
      },
      isRefused ? 'update refused' : 'update',
    )
  }
}

type Decided = Pick<ZoneEvent, 'seq' | 'rcode' | 'reason' | 'detail'> &
  Partial<Pick<ZoneEvent, 'section' | 'rule' | 'serialAfter'>>

/**
 * What each stage took. The first two compare clocks of two machines, which may differ by a little; decide and commit are those of
 * the whole batch.
 */
function stagesOf(
  { receivedAt, queuedAt }: Pick<ZoneEvent, 'receivedAt' | 'queuedAt'>,
  { decided }: CommittedBatch,
  { takenAt, ms }: BatchTimes,
): Record<string, number> {
  const decide = decided.to - decided.from
  return {
    publish: Math.max(0, queuedAt - receivedAt),
    queue: Math.max(0, takenAt - queuedAt),
    decide: rounded(decide),
    commit: rounded(ms - decide),
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10
}
