import type { CatalogZone } from '../../../shared/catalog.ts'
import type { Message } from '../../../shared/dns/message.ts'
import type { Logger } from '../../../shared/log.ts'
import type { Responder } from '../answer/responder.ts'
import type { ZoneSource } from '../answer/zone-answers.ts'
import type { Authenticated } from '../authenticate.ts'
import type { EdgeCatalog } from '../catalog.ts'
import type { Requester } from '../listeners/listener.ts'
import type { HistoryClient } from '../zones/history-client.ts'
import type { CondensedRoom } from './condensed-room.ts'
import type { TransferRefusal } from './judge-transfer.ts'
import type { Slots } from './slots.ts'
import type { TransferMetrics } from './transfer-metrics.ts'

/** Where the zones are that transfers send; they wait for one that is not there yet. */
export interface TransferZones extends ZoneSource {
  /** False where it is in vain to wait for the zone any longer. */
  mayCome(zone: CatalogZone): boolean
}

export interface TransfersContext {
  readonly catalog: Pick<EdgeCatalog, 'zoneNamed'>
  readonly cache: TransferZones
  readonly history: HistoryClient
  readonly slots: Slots
  /** Of condensed differences. */
  readonly room: CondensedRoom
  readonly metrics: TransferMetrics
  readonly log: Logger
  /** ms since the epoch. */
  readonly now: () => number
  /** What rate limiting makes of answers over UDP, and the EDNS that every answer has. */
  readonly responder: Pick<Responder, 'limit' | 'optionsFor' | 'udpSize'>
  /** For the audit, whose number it answers. */
  readonly onRefusal: (refusal: TransferRefusal, message: Message, from: Requester) => string
  /** A client whose address is no forgery has told its serial, or has been brought to one. */
  readonly onSerial: (zone: CatalogZone, from: Requester, serial: number) => void
}

/** A request for a transfer, whose sender is known. */
export interface Request {
  readonly bytes: Uint8Array
  readonly message: Message
  readonly sender: Authenticated
  readonly from: Requester
}
