import { BinaryReader, UnreadablePayload } from '../../../shared/events/binary.ts'
import { EVENT_VERSION, NOTICE_VERSION } from '../../../shared/events/event-codec.ts'

/** Which event a payload of shared/events/event-codec.ts is, without reading the rest. Throws UnreadablePayload. */
export function peekEvent(payload: Uint8Array): { zoneId: number; seq: number; isNotice: boolean } {
  const reader = new BinaryReader(payload)
  const version = reader.byte()
  const isNotice = version === NOTICE_VERSION
  if (version !== EVENT_VERSION && !isNotice)
    throw new UnreadablePayload(`event version ${version}, this program reads ${EVENT_VERSION}`)
  return { zoneId: reader.uint64(), seq: reader.uint64(), isNotice }
}
