import type { NatsConnection } from 'nats'
import { decodeMessage } from '../../../../shared/dns/message.ts'
import { UnreadablePayload } from '../../../../shared/events/binary.ts'
import { decodeEvent } from '../../../../shared/events/event-codec.ts'
import { peekEvent } from '../../../../shared/events/peek-event.ts'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import { signatureMark } from '../../../../shared/fingerprint.ts'
import { readStream } from '../../../../shared/messaging/read-stream.ts'
import { EVENTS_STREAM } from '../../../../shared/messaging/subjects.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { insertNewEvents } from '../../store/events.ts'
import { contradictedEvent, insertUnsettledZones } from '../../store/restore.ts'
import { readHistoryLine } from '../export-file.ts'
import { endOf } from '../verify/chain.ts'
import type { SignedCheckpoint } from '../verify/checkpoint.ts'

const EVENTS_AT_ONCE = 500
const OCTETS_AT_ONCE = 8 << 20

/** Brings events into the database, whatever their order and however often each comes. */
export class Gathering {
  private readonly trx: DbTransaction
  private waiting: ZoneEvent[] = []
  private waitingOctets = 0
  private readonly zones = new Set<number>()
  /** The highest event that was heard of, by zone. */
  readonly lastHeardOf = new Map<number, number>()
  /** Checkpoints that came with the files. */
  readonly checkpoints: SignedCheckpoint[] = []

  constructor(trx: DbTransaction) {
    this.trx = trx
  }

  /** An exported history. Throws UnreadablePayload where it is none. */
  async file(lines: AsyncIterable<string>): Promise<void> {
    for await (const text of lines) {
      if (text === '') continue
      const line = readHistoryLine(text)
      if (line.kind === 'event') await this.take(line.event)
      if (line.kind === 'checkpoint') this.checkpoints.push(line.checkpoint)
    }
    await this.flush()
  }

  /** All that the stream of events holds; says how far it is. Throws UnreadablePayload for an event that cannot be read. */
  async *stream(nats: NatsConnection): AsyncGenerator<{ done: number; of: number }> {
    for await (const { data, place, of } of readStream(nats, EVENTS_STREAM)) {
      const heard = peekEvent(data)
      if (heard.isNotice) this.hearOf(heard)
      else await this.take(decodeEvent(data))
      if (place % EVENTS_AT_ONCE === 0 || place === of) yield { done: place, of }
    }
    await this.flush()
  }

  private hearOf({ zoneId, seq }: { zoneId: number; seq: number }): void {
    this.lastHeardOf.set(zoneId, Math.max(seq, this.lastHeardOf.get(zoneId) ?? 0))
  }

  private async take(event: ZoneEvent): Promise<void> {
    this.hearOf(event)
    this.waiting.push(event)
    this.waitingOctets += event.message.length + event.diff.length
    if (this.waiting.length >= EVENTS_AT_ONCE || this.waitingOctets >= OCTETS_AT_ONCE) await this.flush()
  }

  private async flush(): Promise<void> {
    const heardOf = [...this.lastHeardOf.keys()].filter((id) => !this.zones.has(id))
    for (const id of heardOf) this.zones.add(id)
    if (heardOf.length > 0) await insertUnsettledZones(this.trx, heardOf)
    if (this.waiting.length === 0) return
    await insertNewEvents(this.trx, this.waiting, signedDigests(this.waiting))
    const other = await contradictedEvent(
      this.trx,
      this.waiting.map((event) => ({ zoneId: event.zoneId, seq: event.seq, hash: endOf(event).hash })),
    )
    if (other !== undefined)
      throw new UnreadablePayload(
        `The stream and the files disagree about event ${other.seq} of the zone with id ${other.zoneId}: one of them was changed. \`zonelog verify --file\` tells whether a file was.`,
      )
    this.waiting = []
    this.waitingOctets = 0
  }
}

/** By which replays of signed messages are known (P2). */
function signedDigests(events: readonly ZoneEvent[]): ReadonlyMap<string, Uint8Array> {
  const digests = new Map<string, Uint8Array>()
  for (const { commandId, message } of events) {
    const decoded = message.length === 0 ? undefined : decodeMessage(message)
    const mark = decoded?.ok ? signatureMark(message, decoded.value) : undefined
    if (mark !== undefined) digests.set(commandId, mark.digest)
  }
  return digests
}
