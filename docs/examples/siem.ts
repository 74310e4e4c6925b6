import { AckPolicy, connect, DeliverPolicy } from 'nats'
import { eventJson } from '../../services/zone-writer/admin/event-json.ts'
import { decodeEvent, NOTICE_VERSION } from '../../shared/events/event-codec.ts'

/**
 * Prints every event of every zone as a line of JSON (docs/history.md), for a SIEM that reads standard output or a file:
 *
 *     node docs/examples/siem.ts nats://user:password@127.0.0.1:4222 >> events.jsonl
 *
 * Its consumer is durable: stopped and started again it goes on where it was, for as long as the stream keeps events (7 days). An event
 * may come twice; `eventId` tells.
 */

const STREAM = 'ZONELOG_EVENTS'
const CONSUMER = 'siem'

const url = new URL(process.argv[2] ?? 'nats://127.0.0.1:4222')
const credentials = url.username === '' ? {} : { user: url.username, pass: url.password }
const nats = await connect({ servers: url.host, ...credentials })
const manager = await nats.jetstreamManager()
await manager.consumers.add(STREAM, {
  durable_name: CONSUMER,
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.All,
})
const consumer = await nats.jetstream().consumers.get(STREAM, CONSUMER)

for await (const message of await consumer.consume()) {
  // an event too large for a message comes as a notice: GET /v1/zones/NAME/events/SEQ of the admin API has it
  if (message.data[0] === NOTICE_VERSION) process.stderr.write(`notice on ${message.subject}\n`)
  else {
    const event = decodeEvent(message.data)
    process.stdout.write(`${JSON.stringify(eventJson(event, `zone ${event.zoneId}`))}\n`)
  }
  // only what is printed is done
  message.ack()
}
