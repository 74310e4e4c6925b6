import { setImmediate as nextTurn } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import { ContentsDigest } from '../../shared/contents-digest.ts'
import type { Logger } from '../../shared/log.ts'
import { decodeZoneId, encodeDigest } from '../../shared/messaging/digest-service.ts'
import { DIGEST_SERVICE, distrustSubject } from '../../shared/messaging/subjects.ts'
import type { CachedZone } from './zones/cached-zone.ts'
import type { ZoneCache } from './zones/zone-cache.ts'

/** Hashed at a time, about a millisecond: queries come first. */
const RRSETS_AT_ONCE = 200

export interface DigestServiceDeps {
  readonly nats: NatsConnection
  readonly cache: ZoneCache
  readonly edgeId: string
  readonly log: Logger
}

/**
 * Tells writers what this edge holds of a zone, one zone at a time, so that they can compare it with history; and fetches a zone anew
 * when one of them says that it is wrong.
 */
export function startDigestService({ nats, cache, edgeId, log }: DigestServiceDeps): { close(): void } {
  let working = Promise.resolve()
  let closed = false
  const asked = new Set<number>()

  async function answer(zoneId: number, respond: (payload: Uint8Array) => void): Promise<void> {
    asked.delete(zoneId)
    const zone = closed ? undefined : cache.held(zoneId)
    if (zone === undefined) return
    const { seq, digest } = await digestOf(zone)
    if (!closed && zone.usable) respond(encodeDigest({ edgeId, zoneId, seq, digest }))
  }

  const requests = nats.subscribe(DIGEST_SERVICE, {
    callback: (error, request) => {
      if (error !== null) return
      try {
        const zoneId = decodeZoneId(request.data)
        if (asked.has(zoneId)) return
        asked.add(zoneId)
        working = working
          .then(() => answer(zoneId, (payload) => void request.respond(payload)))
          .catch((fault) => log.warn({ error: fault, zone: zoneId }, 'no digest of a zone could be made'))
      } catch (fault) {
        log.warn({ error: fault }, 'a request for a digest could not be read')
      }
    },
  })
  const distrusted = nats.subscribe(distrustSubject(edgeId), {
    callback: (error, message) => {
      if (error !== null) return
      try {
        cache.distrust(decodeZoneId(message.data), 'a writer found that it is not what history says')
      } catch (fault) {
        log.warn({ error: fault }, 'a word of a writer could not be read')
      }
    },
  })
  return {
    close() {
      closed = true
      requests.unsubscribe()
      distrusted.unsubscribe()
    },
  }
}

/** Of one moment, however long it takes. */
async function digestOf(zone: CachedZone): Promise<{ seq: number; digest: Uint8Array }> {
  const reading = zone.open()
  try {
    const digest = new ContentsDigest()
    let count = 0
    for (const rrset of reading.rrsets()) {
      digest.addSet(rrset)
      if (++count % RRSETS_AT_ONCE === 0) await nextTurn()
    }
    return { seq: reading.head.seq, digest: digest.value }
  } finally {
    reading.close()
  }
}
