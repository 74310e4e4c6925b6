import type { Msg, NatsConnection } from 'nats'
import { Class } from '../../../shared/dns/codes.ts'
import { type RRset, recordToWire } from '../../../shared/dns/record.ts'
import { isNobodyThere, newInbox } from '../../../shared/messaging/connect.ts'
import {
  encodePart,
  PART_OCTETS,
  PARTS_AHEAD,
  SILENCE_MS,
  SMALL_PARTS,
} from '../../../shared/messaging/zone-service.ts'
import type { ZoneAtOneMoment } from '../store/read-zone.ts'

/** The edge stopped taking parts: it has gone, or asked another writer. */
export class EdgeSilent extends Error {}

/**
 * Sends a zone to whoever asked, part by part, and never more of them ahead than the edge has room for. `mayGoOn` is asked when the zone
 * turns out to be large.
 */
export async function sendSnapshot(
  nats: NatsConnection,
  request: Msg,
  zoneId: number,
  zone: ZoneAtOneMoment,
  mayGoOn: () => boolean = () => true,
): Promise<'sent' | 'busy'> {
  const inbox = newInbox(nats)
  const taken = nats.subscribe(inbox)
  const acknowledgements = taken[Symbol.asyncIterator]()
  const silence = setTimeout(() => taken.unsubscribe(), SILENCE_MS)
  try {
    let number = 0
    for await (const { records, last } of parts(zone.rrsets)) {
      if (number === SMALL_PARTS && !mayGoOn()) return 'busy'
      if (number >= PARTS_AHEAD) await acknowledged(acknowledgements, number)
      silence.refresh()
      const total = last ? number + 1 : 0
      nats.publish(request.reply!, encodePart({ zoneId, head: zone.head, number, total, records }), {
        reply: inbox,
      })
      number++
    }
    return 'sent'
  } finally {
    clearTimeout(silence)
    taken.unsubscribe()
  }
}

async function acknowledged(acknowledgements: AsyncIterator<Msg>, number: number): Promise<void> {
  const next = await acknowledgements.next()
  if (next.done === true) throw new EdgeSilent(`no sign of the edge after ${number} parts`)
  // what looks like an answer is the server's, which nobody listens to any more
  if (isNobodyThere(next.value)) throw new EdgeSilent('the edge does not listen any more')
}

/** Few records, in wire form. */
export function encodeRRsets(rrsets: readonly RRset[]): Uint8Array {
  return Buffer.concat(
    rrsets.flatMap(({ rdata, ...set }) =>
      rdata.map((one) => recordToWire({ ...set, class: Class.IN, rdata: one })),
    ),
  )
}

/** Records in wire form, in pieces of at most {@link PART_OCTETS}; at least one piece. */
export async function* parts(
  rrsets: AsyncIterable<RRset>,
): AsyncGenerator<{ records: Uint8Array; last: boolean }> {
  let records: Uint8Array[] = []
  let octets = 0
  for await (const { name, type, ttl, rdata: values } of rrsets) {
    for (const rdata of values) {
      const record = recordToWire({ name, type, class: Class.IN, ttl, rdata })
      if (octets + record.length > PART_OCTETS && octets > 0) {
        yield { records: Buffer.concat(records), last: false }
        records = []
        octets = 0
      }
      records.push(record)
      octets += record.length
    }
  }
  yield { records: Buffer.concat(records), last: true }
}
