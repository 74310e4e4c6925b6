import type { Kysely } from 'kysely'
import type { Msg, NatsConnection, Subscription } from 'nats'
import type { Database } from '../../../shared/database/schema.ts'
import type { Logger } from '../../../shared/log.ts'
import {
  decodeHistoryRequest,
  encodeExtent,
  encodeNoHistory,
  encodePage,
  PAGE_OCTETS,
} from '../../../shared/messaging/history-service.ts'
import { decodeOutcomesRequest, encodeOutcomes } from '../../../shared/messaging/outcome-codec.ts'
import {
  APEX_SERVICE,
  DIFFS_SERVICE,
  HEADS_SERVICE,
  HISTORY_SERVICE,
  OUTCOMES_SERVICE,
  SNAPSHOT_SERVICE,
} from '../../../shared/messaging/subjects.ts'
import {
  decodeHeadsRequest,
  decodeZoneRequest,
  encodeHeads,
  encodePart,
  encodeRefused,
  encodeSteps,
  type Refusal,
  ZONE_SERVICE_QUEUE,
} from '../../../shared/messaging/zone-service.ts'
import { outcomesOf } from '../store/events.ts'
import { readExtent, readPage } from '../store/read-history.ts'
import { readApex, readHeads, readSteps, readZone } from '../store/read-zone.ts'
import { EdgeSilent, encodeRRsets, sendSnapshot } from './send-snapshot.ts'

/** Large zones sent at once, each over a database connection of its own for as long as it takes; small ones pass by. */
const LARGE_SNAPSHOTS_AT_ONCE = 4
/** Requests of a kind under way at once. Edges ask again, maybe another writer, when there are more. */
const REQUESTS_AT_ONCE = 32
/** Requests for outcomes at once, each on a connection of its own. */
export const OUTCOME_CONNECTIONS = 2
/** Diffs in one reply; below the 1 MiB that a NATS message may have. */
const STEPS_OCTETS = 512 * 1024
const GRACE_MS = 1_000

export interface ZoneServicesDeps {
  readonly nats: NatsConnection
  readonly db: Kysely<Database>
  /** For what secondaries make edges ask of the past, so that it takes no connection from the others. */
  readonly historyDb: Kysely<Database>
  /** For outcomes, each of which waits for the standby: while there is none that takes no connection from the others. */
  readonly outcomesDb: Kysely<Database>
  readonly log: Logger
}

/** Answers the edges' requests for snapshots, events and heads of zones, and for what became of commands, of any zone, shared with the other writers. */
export function startZoneServices({ nats, db, historyDb, outcomesDb, log }: ZoneServicesDeps): {
  close(): Promise<void>
} {
  const active = new Set<Promise<void>>()

  function serve(
    subject: string,
    atOnce: number,
    answer: (request: Msg) => Promise<Uint8Array | undefined>,
    refuse: (why: Refusal) => Uint8Array = encodeRefused,
  ): Subscription {
    let running = 0
    async function run(request: Msg): Promise<void> {
      running++
      try {
        const reply = await answer(request)
        if (reply !== undefined) request.respond(reply)
      } catch (error) {
        if (error instanceof EdgeSilent) log.debug({ error, subject }, 'an edge stopped taking a snapshot')
        else log.error({ error, subject }, 'request of an edge failed')
        if (!nats.isClosed()) request.respond(refuse('failed'))
      } finally {
        running--
      }
    }
    return nats.subscribe(subject, {
      queue: ZONE_SERVICE_QUEUE,
      callback: (error, request) => {
        if (error !== null) log.warn({ error, subject }, 'subscription failed')
        else if (running >= atOnce) request.respond(refuse('busy'))
        else {
          const done = run(request)
          active.add(done)
          void done.then(() => active.delete(done))
        }
      },
    })
  }

  let large = 0
  async function snapshot(request: Msg): Promise<Uint8Array | undefined> {
    const { zoneId, seq } = decodeZoneRequest(request.data)
    let isLarge = false
    const takeTurn = () => {
      isLarge = large < LARGE_SNAPSHOTS_AT_ONCE
      if (isLarge) large++
      return isLarge
    }
    try {
      const end = await readZone<Refusal | 'sent'>(db, zoneId, async (zone) =>
        zone.head.seq < seq ? 'behind' : await sendSnapshot(nats, request, zoneId, zone, takeTurn),
      )
      return end === 'sent' ? undefined : encodeRefused(end ?? 'unknown-zone')
    } finally {
      if (isLarge) large--
    }
  }

  async function steps(request: Msg): Promise<Uint8Array> {
    const { zoneId, seq } = decodeZoneRequest(request.data)
    const read = await readSteps(db, zoneId, seq, STEPS_OCTETS)
    if (typeof read === 'object') return encodeSteps({ zoneId, ...read })
    return encodeRefused(read ?? 'unknown-zone')
  }

  async function apex(request: Msg): Promise<Uint8Array> {
    const { zoneId } = decodeZoneRequest(request.data)
    const read = await readApex(db, zoneId)
    if (read === undefined) return encodeRefused('unknown-zone')
    return encodePart({ zoneId, head: read.head, number: 0, total: 1, records: encodeRRsets(read.rrsets) })
  }

  async function history(request: Msg): Promise<Uint8Array> {
    const wanted = decodeHistoryRequest(request.data)
    if (wanted.kind === 'extent') {
      const extent = await readExtent(historyDb, wanted)
      return typeof extent === 'object' ? encodeExtent(extent) : encodeNoHistory(extent ?? 'unknown-zone')
    }
    const page = await readPage(historyDb, wanted, PAGE_OCTETS)
    return typeof page === 'object' ? encodePage(page) : encodeNoHistory(page ?? 'unknown-zone')
  }

  async function outcomes(request: Msg): Promise<Uint8Array> {
    return encodeOutcomes(await outcomesOf(outcomesDb, decodeOutcomesRequest(request.data)))
  }

  const subscriptions = [
    serve(SNAPSHOT_SERVICE, REQUESTS_AT_ONCE, snapshot),
    serve(DIFFS_SERVICE, REQUESTS_AT_ONCE, steps),
    serve(HEADS_SERVICE, REQUESTS_AT_ONCE, async (request) =>
      encodeHeads(await readHeads(db, decodeHeadsRequest(request.data))),
    ),
    serve(APEX_SERVICE, REQUESTS_AT_ONCE, apex),
    serve(OUTCOMES_SERVICE, OUTCOME_CONNECTIONS, outcomes, () => encodeOutcomes([])),
    serve(HISTORY_SERVICE, REQUESTS_AT_ONCE, history, encodeNoHistory),
  ]

  return {
    async close() {
      for (const subscription of subscriptions) subscription.unsubscribe()
      const limit = Promise.withResolvers<void>()
      const timer = setTimeout(limit.resolve, GRACE_MS)
      await Promise.race([Promise.allSettled(active), limit.promise])
      clearTimeout(timer)
    },
  }
}
