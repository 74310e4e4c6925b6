import type { NatsConnection } from 'nats'
import type { UpdateCommand } from '../../../shared/commands.ts'
import type { Logger } from '../../../shared/log.ts'
import { commandHeaders } from '../../../shared/messaging/command-codec.ts'
import { isConnected } from '../../../shared/messaging/connect.ts'
import { StreamPublisher, StreamRefused } from '../../../shared/messaging/stream-publisher.ts'
import { commandSubject, partitionOf } from '../../../shared/messaging/subjects.ts'
import { PUBLISH_TIMEOUT_MS } from '../../../shared/time-limits.ts'
import { proveCommand } from '../consume/command-proof.ts'
import type { SigningKey } from '../history/verify/checkpoint.ts'

/** Publishes commands of the API, signed, to the writers that decide them. */
export class CommandSender {
  private readonly stream: StreamPublisher
  private readonly partitions: number
  private readonly nats: NatsConnection
  private readonly key: SigningKey
  private readonly log: Logger

  constructor(context: { nats: NatsConnection; partitions: number; key: SigningKey; log: Logger }) {
    this.nats = context.nats
    this.partitions = context.partitions
    this.key = context.key
    this.log = context.log
    this.stream = new StreamPublisher(context.nats, {
      timeoutMs: PUBLISH_TIMEOUT_MS,
      nowOrNever: true,
      hasIds: true,
    })
  }

  /** `refused` where it certainly is not in the stream (P3). `traceparent` where somebody traces it. */
  async send(command: UpdateCommand, traceparent?: string): Promise<'sent' | 'refused' | 'unknown'> {
    if (!isConnected(this.nats)) return 'refused'
    const headers = commandHeaders(command, traceparent)
    proveCommand(headers, command, this.key)
    try {
      const subject = commandSubject(partitionOf(command.zoneId, this.partitions))
      await this.stream.publish(subject, command.message, headers)
      return 'sent'
    } catch (error) {
      this.log.warn({ error, command: command.id }, 'a command of the API was not confirmed by the stream')
      return error instanceof StreamRefused ? 'refused' : 'unknown'
    }
  }

  close(): void {
    this.stream.close()
  }
}
