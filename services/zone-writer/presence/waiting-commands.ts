import type { NatsConnection } from 'nats'
import { ALL_COMMANDS, COMMANDS_STREAM } from '../../../shared/messaging/subjects.ts'

/** Commands that are in the stream and not settled, by partition; partitions without any are left out. */
export async function waitingCommands(nats: NatsConnection): Promise<Map<number, number>> {
  const manager = await nats.jetstreamManager({ checkAPI: false })
  const { state } = await manager.streams.info(COMMANDS_STREAM, { subjects_filter: ALL_COMMANDS })
  return new Map(
    Object.entries(state.subjects ?? {}).map(([subject, count]) => [
      Number(subject.slice(subject.lastIndexOf('.') + 1)),
      count,
    ]),
  )
}
