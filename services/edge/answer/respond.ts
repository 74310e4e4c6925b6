import type { CatalogZone } from '../../../shared/catalog.ts'
import { Type } from '../../../shared/dns/codes.ts'
import type { Message } from '../../../shared/dns/message.ts'
import { canonicalName, parentOf } from '../../../shared/dns/name.ts'
import type { Question } from '../../../shared/dns/record.ts'
import type { Requester } from '../listeners/listener.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import type { Catalog } from '../zones/catalog-view.ts'
import { answerQuery, judgeQuery, type ZoneForQuery } from './answer-query.ts'
import { encodeWithin, responseLimit } from './fit.ts'

/** Gives the zone in a state that may be served; undefined when there is none for now. */
export interface ZoneSource {
  get(zone: CatalogZone): CachedZone | Promise<CachedZone | undefined>
}

/**
 * The unsigned response to a query (opcode QUERY, QR clear) that was decoded from `bytes`. `reserve` octets are left free for a
 * TSIG that the caller appends. Never rejects for anything that is in the message.
 */
export async function respondToQuery(
  bytes: Uint8Array,
  message: Message,
  requester: Requester,
  cache: ZoneSource,
  catalog: Catalog,
  reserve = 0,
): Promise<Uint8Array> {
  const { transport } = requester
  const zone =
    judgeQuery(message) === undefined ? await zoneOf(message.questions[0]!, cache, catalog) : 'not-ours'
  return encodeWithin(
    answerQuery(bytes, message, zone, transport),
    responseLimit(message, transport, reserve),
  )
}

async function zoneOf(question: Question, cache: ZoneSource, catalog: Catalog): Promise<ZoneForQuery> {
  const zone = catalogZoneOf(question, catalog)
  if (zone === undefined) return 'not-ours'
  return (await cache.get(zone)) ?? 'unavailable'
}

function catalogZoneOf(question: Question, catalog: Catalog): CatalogZone | undefined {
  const name = canonicalName(question.name)
  const zone = catalog.zoneFor(name)
  const parent = parentOf(name)
  if (zone?.name !== name || question.type !== Type.DS || parent === undefined) return zone
  // RFC 4035 §3.1.4.1: DS is data of the parent, where we have that too
  return catalog.zoneFor(parent) ?? zone
}
