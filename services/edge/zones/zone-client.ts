import { createInbox, type Msg, type NatsConnection } from 'nats'
import type { Name } from '../../../shared/dns/name.ts'
import { isConnected, isNobodyThere, onDisconnect } from '../../../shared/messaging/connect.ts'
import { DIFFS_SERVICE, HEADS_SERVICE, SNAPSHOT_SERVICE } from '../../../shared/messaging/subjects.ts'
import {
  decodeHeads,
  decodeZoneReply,
  encodeHeadsRequest,
  encodeZoneRequest,
  type Refusal,
  SILENCE_MS,
  type Steps,
  type ZoneHead,
} from '../../../shared/messaging/zone-service.ts'
import type { CachedZone } from './cached-zone.ts'
import { SnapshotAssembler } from './snapshot-assembler.ts'

/** What the cache asks the writers. Rejects with {@link NotServed}, or with what is wrong with the reply. */
export interface ZoneClient {
  /** The zone at `atLeast` or later. `onGrowth` is told how many octets it takes so far, and may stop the fetch by throwing. */
  snapshot(
    zoneId: number,
    apex: Name,
    atLeast: number,
    onGrowth?: (octets: number) => void,
  ): Promise<CachedZone>
  /** The events right after `after`: none when there are none, and not always all. */
  steps(zoneId: number, after: number): Promise<Steps>
  /** Zones that do not exist any more are left out. */
  heads(zoneIds: readonly number[]): Promise<Map<number, ZoneHead>>
}

/** Nobody answered, or a writer said no. */
export class NotServed extends Error {
  readonly why: Refusal | 'no-writer' | 'silence'

  constructor(why: NotServed['why']) {
    super(`zone service: ${why}`)
    this.why = why
  }
}

/** {@link ZoneClient} over NATS. */
export function natsZoneClient(nats: NatsConnection): ZoneClient {
  const ask = (subject: string, payload: Uint8Array) => askWriters(nats, subject, payload)

  return {
    async snapshot(zoneId, apex, atLeast, onGrowth = () => {}) {
      const assembler = new SnapshotAssembler(zoneId, apex)
      const request = encodeZoneRequest({ zoneId, seq: atLeast })
      for await (const message of replies(nats, SNAPSHOT_SERVICE, request)) {
        const reply = decodeZoneReply(message.data)
        if (reply.kind === 'refused') throw new NotServed(reply.why)
        if (reply.kind !== 'part' || reply.head.seq < atLeast) throw new NotServed('behind')
        const zone = assembler.push(reply)
        onGrowth(assembler.octets)
        // asks for more: a part is acknowledged once there is room for another
        message.respond()
        if (zone !== undefined) return zone
        // a large zone must not keep queries waiting
        await new Promise(setImmediate)
      }
      throw new NotServed('silence')
    },

    async steps(zoneId, after) {
      const reply = decodeZoneReply(await ask(DIFFS_SERVICE, encodeZoneRequest({ zoneId, seq: after })))
      if (reply.kind === 'refused') throw new NotServed(reply.why)
      if (reply.kind !== 'steps' || reply.zoneId !== zoneId) throw new NotServed('failed')
      return reply
    },

    async heads(zoneIds) {
      const heads = decodeHeads(await ask(HEADS_SERVICE, encodeHeadsRequest(zoneIds)))
      if (!(heads instanceof Map)) throw new NotServed(heads.why)
      return heads
    },
  }
}

/** The one reply of whichever writer takes the request. */
export async function askWriters(
  nats: NatsConnection,
  subject: string,
  payload: Uint8Array,
): Promise<Uint8Array> {
  for await (const message of replies(nats, subject, payload)) return message.data
  throw new NotServed('silence')
}

/** Everything that comes back for one request, until nothing has come for {@link SILENCE_MS} or the connection breaks. */
async function* replies(nats: NatsConnection, subject: string, payload: Uint8Array): AsyncGenerator<Msg> {
  // spares a wait for answers that cannot come
  if (!isConnected(nats)) throw new NotServed('no-writer')
  const inbox = createInbox()
  const subscription = nats.subscribe(inbox)
  const silence = setTimeout(() => subscription.unsubscribe(), SILENCE_MS)
  const unlisten = onDisconnect(nats, () => subscription.unsubscribe())
  try {
    nats.publish(subject, payload, { reply: inbox })
    for await (const message of subscription) {
      if (isNobodyThere(message)) throw new NotServed('no-writer')
      silence.refresh()
      yield message
    }
  } finally {
    clearTimeout(silence)
    unlisten()
    subscription.unsubscribe()
  }
}
