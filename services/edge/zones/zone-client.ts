import { setTimeout as delay } from 'node:timers/promises'
import type { Msg, NatsConnection } from 'nats'
import type { Name } from '../../../shared/dns/name.ts'
import { isConnected, isNobodyThere, newInbox, onDisconnect } from '../../../shared/messaging/connect.ts'
import { DIFFS_SERVICE, HEADS_SERVICE, SNAPSHOT_SERVICE } from '../../../shared/messaging/subjects.ts'
import {
  decodeHeads,
  decodeZoneReply,
  encodeHeadsRequest,
  encodeZoneRequest,
  type Refusal,
  SILENCE_MS,
  type SnapshotPart,
  type Steps,
  type ZoneHead,
} from '../../../shared/messaging/zone-service.ts'
import type { CachedZone } from './cached-zone.ts'
import type { HistoryClient } from './history-client.ts'
import { SnapshotAssembler } from './snapshot-assembler.ts'

/** How far a snapshot has come. */
export interface SnapshotProgress {
  /** Parts, and octets of memory that they take. */
  readonly parts: number
  readonly octets: number
  readonly isWhole: boolean
}

/** What the cache asks the writers. Rejects with {@link NotServed}, or with what is wrong with the reply. */
export interface ZoneClient {
  /** The zone at `atLeast` or later. `onPart` is told of each part that was taken in, and may stop the fetch by throwing. */
  snapshot(
    zoneId: number,
    apex: Name,
    atLeast: number,
    onPart?: (progress: SnapshotProgress) => void,
  ): Promise<CachedZone>
  /** The parts that a snapshot of the zone has, up to `most`; they are counted and let go. */
  weigh(zoneId: number, atLeast: number, most: number): Promise<number>
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

/** {@link ZoneClient} over NATS; `history` has the diffs that are too long for one message. */
export function natsZoneClient(nats: NatsConnection, history: Pick<HistoryClient, 'changes'>): ZoneClient {
  const ask = (subject: string, payload: Uint8Array) => askWriters(nats, subject, payload)

  return {
    async snapshot(zoneId, apex, atLeast, onPart = () => {}) {
      const assembler = new SnapshotAssembler(zoneId, apex)
      const request = encodeZoneRequest({ zoneId, seq: atLeast })
      for await (const message of replies(nats, SNAPSHOT_SERVICE, request)) {
        const part = readPart(message.data, atLeast)
        const zone = assembler.push(part)
        onPart({ parts: part.number + 1, octets: assembler.octets, isWhole: zone !== undefined })
        // asks for more: a part is acknowledged once there is room for another
        message.respond()
        if (zone !== undefined) return zone
        // a large zone must not keep queries waiting
        await new Promise(setImmediate)
      }
      throw new NotServed('silence')
    },

    async weigh(zoneId, atLeast, most) {
      const request = encodeZoneRequest({ zoneId, seq: atLeast })
      for await (const message of replies(nats, SNAPSHOT_SERVICE, request)) {
        const { number, total } = readPart(message.data, atLeast)
        message.respond()
        if (total > 0 || number + 1 >= most) return number + 1
        // as above
        await new Promise(setImmediate)
      }
      throw new NotServed('silence')
    },

    async steps(zoneId, after) {
      const reply = decodeZoneReply(await ask(DIFFS_SERVICE, encodeZoneRequest({ zoneId, seq: after })))
      if (reply.kind === 'refused') throw new NotServed(reply.why)
      if (reply.kind !== 'steps' || reply.zoneId !== zoneId) throw new NotServed('failed')
      const { leftOut = 0, steps } = reply
      const last = steps.at(-1)
      if (leftOut === 0 || last === undefined) return reply
      const diff = await wholeDiff(history, zoneId, last.seq)
      if (diff.length !== leftOut) throw new NotServed('failed')
      return { ...reply, steps: [...steps.slice(0, -1), { ...last, diff }] }
    },

    heads(zoneIds) {
      return whileBusy(async () => {
        const heads = decodeHeads(await ask(HEADS_SERVICE, encodeHeadsRequest(zoneIds)))
        if (!(heads instanceof Map)) throw new NotServed(heads.why)
        return heads
      })
    },
  }
}

function readPart(payload: Uint8Array, atLeast: number): SnapshotPart {
  const reply = decodeZoneReply(payload)
  if (reply.kind === 'refused') throw new NotServed(reply.why)
  if (reply.kind !== 'part' || reply.head.seq < atLeast) throw new NotServed('behind')
  return reply
}

/** How long writers may say that they are busy. */
const BUSY_MS = 3_000
const MOST_BUSY_PAUSE_MS = 500

/** Asks again, maybe another writer, while they are busy. */
export async function whileBusy<T>(ask: () => Promise<T>): Promise<T> {
  const until = performance.now() + BUSY_MS
  for (let time = 1; ; time++) {
    try {
      return await ask()
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error
      await delay(busyPauseMs(time))
    }
  }
}

export function isBusy(error: unknown): boolean {
  return error instanceof NotServed && error.why === 'busy'
}

/** How long to leave writers alone that were busy so many times. */
export function busyPauseMs(time: number): number {
  return Math.min(MOST_BUSY_PAUSE_MS, 20 * 2 ** Math.min(time, 10)) * (0.5 + Math.random())
}

/** The diff of one event, however long. */
async function wholeDiff(
  history: Pick<HistoryClient, 'changes'>,
  zoneId: number,
  seq: number,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of history.changes(zoneId, seq - 1, seq)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** The one reply of whichever writer takes the request, within so many ms. */
export async function askWriters(
  nats: NatsConnection,
  subject: string,
  payload: Uint8Array,
  limitMs = SILENCE_MS,
): Promise<Uint8Array> {
  for await (const message of replies(nats, subject, payload, limitMs)) return message.data
  throw new NotServed('silence')
}

/** Everything that comes back for one request, until nothing has come for so many ms or the connection breaks. */
async function* replies(
  nats: NatsConnection,
  subject: string,
  payload: Uint8Array,
  limitMs = SILENCE_MS,
): AsyncGenerator<Msg> {
  // spares a wait for answers that cannot come
  if (!isConnected(nats)) throw new NotServed('no-writer')
  const inbox = newInbox(nats)
  const subscription = nats.subscribe(inbox)
  const silence = setTimeout(() => subscription.unsubscribe(), limitMs)
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
