import { u64 } from '../dns/octets.ts'
import { UnreadablePayload } from './binary.ts'
import { EVENT_VERSION, NOTICE_VERSION } from './event-codec.ts'

const U64 = 8
/** The version, the zone's id and the number. */
export const EVENT_HEAD = 1 + 2 * U64

/** Which event a payload of event-codec.ts is, without reading the rest. Throws UnreadablePayload. */
export function peekEvent(payload: Uint8Array): { zoneId: number; seq: number; isNotice: boolean } {
  const version = payload[0]
  const isNotice = version === NOTICE_VERSION
  if (version !== EVENT_VERSION && !isNotice)
    throw new UnreadablePayload(`event version ${version}, this program reads ${EVENT_VERSION}`)
  if (payload.length < EVENT_HEAD) throw new UnreadablePayload('payload ends inside a field')
  return { zoneId: u64(payload, 1), seq: u64(payload, 1 + U64), isNotice }
}
