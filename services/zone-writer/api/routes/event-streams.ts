import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { seesZone } from '../../admin/access.ts'
import { type EventSummary, eventSummary } from '../../admin/event-summary.ts'
import { zoneInHistory } from '../../admin/names.ts'
import { findAnyZone } from '../../store/admin-zones.ts'
import { event as eventAnswer } from '../answers/events.ts'
import { accessOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { type EventQuery, eventFilterProperties, filterOf } from '../event-query.ts'
import { eventsAsTheyCome } from '../follow-events.ts'
import { answerOf, body, count, linesOf, listOf, text, time } from '../openapi/schema.ts'
import { sendFailure } from '../problem.ts'
import { zoneParams } from '../schemas.ts'
import { QUIET_MS } from '../streams/all-events.ts'
import {
  EventStreams,
  JSON_LINES,
  resumeAfter,
  SERVER_SENT,
  type SentEvent,
  type Wire,
} from '../streams/event-stream.ts'

const after = {
  type: 'integer',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Begin after this one; left out, with the next. Last-Event-ID goes before it.',
} as const

const { fromSerial: _from, toSerial: _to, ...filters } = eventFilterProperties
const zoneQuery = { type: 'object', additionalProperties: false, properties: { after, ...filters } } as const
const allQuery = { type: 'object', additionalProperties: false, properties: { after } } as const

interface OfZone {
  Params: { name: string }
  Querystring: EventQuery & { after?: number }
}
type ZoneRequest = FastifyRequest<OfZone>

const summary = answerOf<EventSummary>(
  'EventSummary',
  {
    zone: text(),
    seq: count(),
    eventId: text(),
    time: time(),
    kind: text(),
    by: text(),
    address: text(),
    transport: text(),
    outcome: text('An rcode.'),
    reason: text(),
    serialBefore: count(),
    serialAfter: count(),
    removedCount: count(),
    addedCount: count(),
    names: listOf(text(), 'The first of the names whose records changed.'),
  },
  {},
)

const SSE = 'text/event-stream'
const MANNERS =
  'Server-sent events; a comment every few seconds. A reader that is too slow gets `too-slow`, one whose token ends `token-ended`, and is cut. Last-Event-ID resumes without a gap.'

/** Live history for browsers and whoever else reads server-sent events. */
export function eventStreamRoutes(app: FastifyInstance, context: ApiContext): void {
  const { admin, allEvents, stallMs, tokenLookedAtMs } = context
  const streams = new EventStreams(admin.db, admin.now, {
    slowMs: stallMs,
    stalledMs: 2 * stallMs,
    ...(tokenLookedAtMs !== undefined && { tokenLookedAtMs }),
  })
  app.addHook('preClose', async () => streams.close())

  const followZone = async (request: ZoneRequest, reply: FastifyReply, wire: Wire, mostLines?: number) => {
    const access = accessOf(request)
    const filter = filterOf(request.query, admin.now())
    if (!filter.ok) return await sendFailure(reply, filter)
    const zone = await zoneInHistory(admin.db, request.params.name)
    if (!zone.ok) return await sendFailure(reply, zone)
    const lack = streams.lack(reply, access)
    if (lack !== undefined) return await sendFailure(reply, lack)
    const from = resumeAfter(request, request.query.after) ?? zone.value.seq
    const follow = async function* (signal: AbortSignal) {
      const events = eventsAsTheyCome(context, zone.value, filter.value, from, signal, mostLines)
      for await (const event of events)
        yield event && ({ id: String(event.seq), event: 'event', data: event } satisfies SentEvent)
    }
    return await streams.send(request, reply, access, follow, wire)
  }

  app.get<OfZone>(
    '/zones/:name/events/follow',
    {
      schema: {
        operationId: 'followEvents',
        tags: ['history'],
        role: 'viewer',
        response: { 200: linesOf('Events, and empty lines.', eventAnswer) },
        problems: ['bad-name', 'zone-not-found', 'bad-filter', 'too-many-streams'],
        summary: 'Events of a zone as they come, one JSON object a line; an empty line now and then',
        params: zoneParams,
        querystring: zoneQuery,
      },
    },
    async (request, reply) => await followZone(request, reply, JSON_LINES),
  )

  app.get<OfZone>(
    '/zones/:name/events/stream',
    {
      schema: {
        operationId: 'streamEvents',
        tags: ['history'],
        role: 'viewer',
        summary: 'Events of a zone as they come, as server-sent events',
        description: `${MANNERS} \`id\` is the number of the event, \`data\` the event.`,
        params: zoneParams,
        querystring: zoneQuery,
        response: { 200: body(SSE, 'Messages named `event`, each with an event.', eventAnswer) },
        problems: ['bad-name', 'zone-not-found', 'bad-filter', 'too-many-streams'],
      },
    },
    async (request, reply) => await followZone(request, reply, SERVER_SENT, MOST_LINES),
  )

  app.get<{ Querystring: { after?: number } }>(
    '/events/stream',
    {
      schema: {
        operationId: 'streamAllEvents',
        tags: ['history'],
        role: 'viewer',
        forLimited: true,
        summary: 'Events of all zones that the token may see, in few words, as server-sent events',
        description: `${MANNERS} \`id\` is a place in the stream of all events, which keeps them for ZONELOG_EVENTS_DAYS; \`gap\` says that some were not kept. An event may come twice: go by zone and number.`,
        querystring: allQuery,
        response: { 200: body(SSE, 'Messages named `event`, each with a summary, or `gap`.', summary) },
        problems: ['too-many-streams'],
      },
    },
    async (request, reply) => {
      const access = accessOf(request)
      const lack = streams.lack(reply, access)
      if (lack !== undefined) return await sendFailure(reply, lack)
      const names = new Map<number, string | undefined>()
      const nameOf = async (id: number) => {
        if (!names.has(id)) {
          if (names.size >= MOST_NAMES) names.clear()
          names.set(id, (await findAnyZone(admin.db, id))?.name)
        }
        return names.get(id)
      }
      return await streams.send(request, reply, access, async function* (signal) {
        let saidAt = performance.now()
        for await (const placed of allEvents(resumeAfter(request, request.query.after), signal)) {
          if (placed === undefined) yield undefined
          else if ('firstKept' in placed) yield { event: 'gap', data: placed }
          else {
            const zone = await nameOf(placed.zoneId)
            // one that was too large for a message is known to the zone's own stream
            if (zone !== undefined && placed.event !== undefined && seesZone(access, zone))
              yield { id: String(placed.place), event: 'event', data: eventSummary(placed.event, zone) }
            // a reader hears that the connection lives, however much happens that is not for it
            else if (performance.now() - saidAt < QUIET_MS) continue
            else yield undefined
          }
          saidAt = performance.now()
        }
      })
    },
  )
}

const MOST_LINES = 1_000
const MOST_NAMES = 10_000
