import { setTimeout as delay } from 'node:timers/promises'
import type { JsMsg, NatsConnection } from 'nats'
import { isRefusedByBreaker } from '../../../shared/breaker.ts'
import type { Logger } from '../../../shared/log.ts'
import { readCommand } from '../../../shared/messaging/command-codec.ts'
import type { BatchResult, QueuedCommand } from '../batch/decide-batch.ts'
import { ConsumerSilent, Inbox, InboxClosed } from './inbox.ts'
import { Patience } from './patience.ts'

const MAX_BATCH = 500
const RETRY_MS = 200
const LOOK_MS = 50

export interface PartitionWorkerContext {
  readonly nats: NatsConnection
  readonly log: Logger
  /** Throws when this writer does not hold the partition any more. */
  readonly confirmClaim: () => Promise<void>
  /** Whether NATS is connected and a commit would be tried. */
  readonly mayWork: () => boolean
  readonly commit: (queue: readonly QueuedCommand[]) => Promise<BatchResult>
  /** Tells edges and the world, after the commit. */
  readonly announce: (result: BatchResult) => void
}

/**
 * Takes what has queued, has it committed, tells, and acknowledges. Whatever goes wrong, there is one way on: forget what is in
 * memory and open the inbox anew, which brings back everything unacknowledged in order. Redelivery finds recorded outcomes.
 */
export class PartitionWorker {
  readonly partition: number
  private readonly context: PartitionWorkerContext
  private readonly log: Logger
  private stopped = false
  private inbox: Inbox | undefined
  private readonly patience = new Patience()
  private readonly finished: Promise<void>

  constructor(partition: number, context: PartitionWorkerContext) {
    this.partition = partition
    this.context = context
    this.log = context.log.child({ partition })
    this.finished = this.run()
  }

  /** Finishes the batch in hand, then ends. */
  async stop(): Promise<void> {
    this.stopped = true
    this.inbox?.close()
    await this.finished
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.untilItMayWork()
        if (this.stopped) return
        await this.context.confirmClaim()
        this.inbox = await Inbox.open(this.context.nats, this.partition, this.patience.heartbeatMs)
        while (!this.stopped) await this.process(await this.inbox.next(MAX_BATCH))
      } catch (error) {
        if (this.stopped) return
        if (error instanceof ConsumerSilent) this.beMorePatient()
        else if (!(error instanceof InboxClosed) && !isRefusedByBreaker(error))
          this.log.error({ error }, 'batch not settled; its commands will be taken again')
        await delay(RETRY_MS)
      } finally {
        this.inbox?.close()
      }
    }
  }

  private beMorePatient(): void {
    const { heartbeatMs } = this.patience
    this.log.warn({ heartbeatMs }, 'the consumer of commands said nothing, it is made anew')
    this.patience.saidNothing()
  }

  /** Looks instead of listening: it happens in outages only, and must end when the worker is stopped. */
  private async untilItMayWork(): Promise<void> {
    while (!this.stopped && !this.context.mayWork()) await delay(LOOK_MS)
  }

  private async process(messages: readonly JsMsg[]): Promise<void> {
    this.patience.saidSomething()
    const queue = this.readAll(messages)
    if (queue.length === 0) return
    this.context.announce(await this.context.commit(queue))
    for (const message of messages) message.ack()
  }

  /** A message of another version, or no command at all, is set aside: it would block its neighbours for ever. */
  private readAll(messages: readonly JsMsg[]): QueuedCommand[] {
    return messages.flatMap((message) => {
      try {
        const queuedAt = Math.floor(message.info.timestampNanos / 1_000_000)
        return [{ command: readCommand(message.headers, message.data), queuedAt }]
      } catch (error) {
        this.log.error({ error, stream: message.info.streamSequence }, 'unreadable command dropped')
        message.term()
        return []
      }
    })
  }
}
