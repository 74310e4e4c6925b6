import type { NatsConnection } from 'nats'
import { newCommandId } from '../../shared/command-id.ts'
import type { UpdateCommand } from '../../shared/commands.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { commandHeaders } from '../../shared/messaging/command-codec.ts'
import { commandSubject } from '../../shared/messaging/subjects.ts'

/** Puts a command, of which only the frame is right, into the stream as an edge does. Gives its id. */
export async function queueCommand(nats: NatsConnection, partition: number): Promise<string> {
  const id = newCommandId(Date.now())
  const command: UpdateCommand = {
    id,
    zoneId: 7,
    zone: nameOf('example.com'),
    fingerprint: Buffer.alloc(32),
    edgeId: 'edge',
    identity: 'unsigned',
    source: { address: '127.0.0.1', port: 53 },
    transport: 'udp',
    receivedAt: Date.now(),
    deadline: Date.now() + 10_000,
    message: Uint8Array.of(1),
  }
  await nats.jetstream().publish(commandSubject(partition), command.message, {
    headers: commandHeaders(command),
  })
  return id
}
