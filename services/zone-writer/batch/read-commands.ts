import { decodeMessage, type Message } from '../../../shared/dns/message.ts'
import type { Parsed } from '../../../shared/dns/result.ts'
import { type SignatureMark, signatureMark } from '../../../shared/fingerprint.ts'
import type { QueuedCommand } from './decide-batch.ts'

/** A command with its message read once for all steps. */
export interface ReadCommand extends QueuedCommand {
  readonly message: Parsed<Message>
  /** Undefined for an unsigned message. */
  readonly mark: SignatureMark | undefined
}

export function readCommands(queue: readonly QueuedCommand[]): ReadCommand[] {
  return queue.map(({ command, queuedAt }) => {
    const message = decodeMessage(command.message)
    const mark = message.ok ? signatureMark(command.message, message.value) : undefined
    return { command, queuedAt, message, mark }
  })
}

/** For commands whose message must not be read: whoever did so has ended. */
export function withoutReading(queue: readonly QueuedCommand[]): ReadCommand[] {
  const message = { ok: false, reason: 'not read', at: 0 } as const
  return queue.map((one) => ({ ...one, message, mark: undefined }))
}
