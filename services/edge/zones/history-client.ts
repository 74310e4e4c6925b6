import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import {
  decodeHistoryReply,
  type Extent,
  encodeExtentRequest,
  encodePageRequest,
  type Page,
  type Place,
} from '../../../shared/messaging/history-service.ts'
import { HISTORY_SERVICE } from '../../../shared/messaging/subjects.ts'
import { askWriters, NotServed, whileBusy } from './zone-client.ts'

/** Other writers may answer where one fails. */
const ATTEMPTS = 4
const PAUSE_MS = 100

/** A zone's past, as any writer tells it. Holds nothing between two calls, so readers may be as slow as they like. */
export interface HistoryClient {
  /**
   * The changes from a serial up to event `upTo`. Rejects with {@link NotServed}: `unknown-serial` when the zone never had it,
   * `behind` when the writers do not know the event yet.
   */
  extent(zoneId: number, serial: number, upTo: number): Promise<Extent>
  /**
   * The difference sequences of the events in (after, upTo], in order and without anything between them, as pieces of whole
   * records in wire form (shared/dns/record.ts reads them). The next piece is fetched when it is asked for.
   */
  changes(zoneId: number, after: number, upTo: number): AsyncGenerator<Uint8Array>
}

/** {@link HistoryClient} over NATS. */
export function natsHistoryClient(nats: NatsConnection): HistoryClient {
  async function ask<K extends 'extent' | 'page'>(
    kind: K,
    request: Uint8Array,
  ): Promise<Extract<Extent | Page, { kind: K }>> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await whileBusy(async () => {
          const reply = decodeHistoryReply(await askWriters(nats, HISTORY_SERVICE, request))
          if (reply.kind === kind) return reply as Extract<Extent | Page, { kind: K }>
          throw new NotServed(reply.kind === 'refused' ? reply.why : 'failed')
        })
      } catch (error) {
        if (attempt === ATTEMPTS || isFinal(error)) throw error
        await delay(PAUSE_MS * attempt)
      }
    }
  }

  return {
    extent: (zoneId, serial, upTo) => ask('extent', encodeExtentRequest({ zoneId, serial, upTo })),

    async *changes(zoneId, after, upTo) {
      let from: Place | undefined = { seq: after + 1, offset: 0 }
      while (from !== undefined && from.seq <= upTo) {
        const page: Page = await ask('page', encodePageRequest({ zoneId, from, upTo }))
        from = page.next
        if (page.records.length > 0) yield page.records
      }
    },
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof NotServed && FINAL.has(error.why)
}

/** What no other writer says otherwise, or what was waited for already. */
const FINAL: ReadonlySet<NotServed['why']> = new Set(['unknown-zone', 'unknown-serial', 'busy'])
