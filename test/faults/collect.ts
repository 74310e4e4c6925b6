import type { Kysely } from 'kysely'
import type { JetStreamManager } from 'nats'
import { eventsAfter } from '../../services/zone-writer/store/events.ts'
import { connectDatabase } from '../../shared/database/connect.ts'
import type { Database } from '../../shared/database/schema.ts'
import { type GivenName, nameOf } from '../../shared/dns/name.ts'
import { serialOf } from '../../shared/dns/soa.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import { decodeEvent, NOTICE_VERSION } from '../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../shared/events/zone-event.ts'
import { COMMANDS_STREAM, EVENTS_STREAM, zoneOfEventSubject } from '../../shared/messaging/subjects.ts'
import { transfer } from '../support/transfer.ts'
import { until } from '../support/until.ts'
import type { Evidence, ZoneEvidence } from './checker/evidence.ts'
import type { Chronicle } from './clients/stories.ts'
import type { Deployment, ZoneUnderFire } from './deployment/deployment.ts'
import type { Follower } from './follower.ts'

const SETTLE_LIMIT_MS = 60_000
const EVENTS_AT_ONCE = 5_000

/** All that is there in the end, once nothing is under way any more. */
export async function collect(
  deployment: Deployment,
  chronicle: Chronicle,
  followers: readonly Follower[],
  run: Pick<Evidence, 'seed' | 'commandTtlMs' | 'faults' | 'stored'>,
): Promise<Evidence> {
  const { postgres } = deployment
  const connection = connectDatabase(postgres.urlAt(postgres.port), {
    name: 'chaos',
    size: 2,
    statementMs: 120_000,
  })
  try {
    await settled(deployment, connection.db)
    const stream = await readStream(deployment)
    const zones: ZoneEvidence[] = []
    for (const zone of deployment.zones) {
      const follower = followers.find(({ zone: name }) => name === zone.name)!
      await follower.catchUp(deployment.edges[0]!.port)
      zones.push({
        ...zone,
        ...(await stored(connection.db, zone)),
        stream: stream.get(zone.id) ?? [],
        transfers: await transfers(deployment, zone),
        follower: { lines: follower.lines(), misfits: follower.misfits },
      })
    }
    const { commands, reads, edgeStarts, unverified } = chronicle
    return { ...run, zones, commands, reads, edgeStarts, unverified }
  } finally {
    await connection.close()
  }
}

/** No command waits, everything is published, and edges had the time to serve it. */
async function settled({ nats, edges, zones }: Deployment, db: Kysely<Database>): Promise<void> {
  const manager = await nats.jetstreamManager()
  await until(
    'no command waits in the stream',
    async () => (await manager.streams.info(COMMANDS_STREAM).catch(() => undefined))?.state.messages === 0,
    SETTLE_LIMIT_MS,
  ).catch(async (error) => {
    throw new Error(`${error.message}: ${await describeWaiting(manager, db)}`)
  })
  await until(
    'all events are published',
    async () => {
      const rows = await db.selectFrom('zone').select(['seq', 'published_seq']).execute()
      return rows.every(({ seq, published_seq }) => seq === published_seq)
    },
    SETTLE_LIMIT_MS,
  )
  await caughtUp({ edges, zones }, db)
}

/** Every edge serves the newest serials, or has had the time to: what it serves instead is for the checker to find. */
async function caughtUp(
  { edges, zones }: Pick<Deployment, 'edges' | 'zones'>,
  db: Kysely<Database>,
): Promise<void> {
  const end = performance.now() + SETTLE_LIMIT_MS
  for (const { name } of zones)
    for (const { port, service } of edges)
      await until(
        `${service.name} serves the newest serial of ${name}`,
        async () => {
          const [soa] = await transfer({ host: '127.0.0.1', port }, nameOf(name)).catch(() => [])
          const row = await db.selectFrom('zone').select('serial').where('name', '=', name).executeTakeFirst()
          return soa !== undefined && serialOf(soa.rdata) === row?.serial
        },
        Math.max(0, end - performance.now()),
      ).catch((error) => console.error(error.message))
}

async function stored(
  db: Kysely<Database>,
  { id }: ZoneUnderFire,
): Promise<Pick<ZoneEvidence, 'events' | 'rrsets' | 'head'>> {
  const events: ZoneEvent[] = []
  for (;;) {
    const some = await eventsAfter(db, id, events.at(-1)?.seq ?? 0, EVENTS_AT_ONCE)
    events.push(...some)
    if (some.length < EVENTS_AT_ONCE) break
  }
  const rows = await db.selectFrom('rrset').selectAll().where('zone_id', '=', id).execute()
  const rrsets = rows.map(({ owner_as_given, type, ttl, rdata }) => ({
    name: owner_as_given as GivenName,
    type,
    ttl,
    rdata,
  }))
  const head = await db
    .selectFrom('zone')
    .select(['seq', 'serial', 'hash'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return { events, rrsets, head }
}

async function transfers({ edges }: Deployment, { name }: ZoneUnderFire): Promise<ZoneEvidence['transfers']> {
  return await Promise.all(
    edges.map(async ({ port, index }) => {
      const records = await transfer({ host: '127.0.0.1', port }, nameOf(name)).catch(() => [])
      return { edge: index, lines: records.map(recordToText).sort() }
    }),
  )
}

/** The stream of events as an outside reader gets it, by zone. */
async function readStream({ nats }: Deployment): Promise<Map<number, { seq: number; hash?: Uint8Array }[]>> {
  const found = new Map<number, { seq: number; hash?: Uint8Array }[]>()
  const manager = await nats.jetstreamManager()
  const { state } = await manager.streams.info(EVENTS_STREAM)
  if (state.messages === 0) return found
  const consumer = await nats.jetstream().consumers.get(EVENTS_STREAM)
  const messages = await consumer.consume({ max_messages: 1_000 })
  for await (const message of messages) {
    const zoneId = zoneOfEventSubject(message.subject)
    const known = found.get(zoneId) ?? []
    found.set(zoneId, known)
    known.push(readPayload(message.data))
    if (message.seq >= state.last_seq) break
  }
  await messages.close()
  return found
}

function readPayload(payload: Uint8Array): { seq: number; hash?: Uint8Array } {
  if (payload[0] === NOTICE_VERSION) return { seq: Number(Buffer.from(payload).readBigUInt64BE(9)) }
  const { seq, hash } = decodeEvent(payload)
  return { seq, hash }
}

/** What waits in the stream of commands, for whom, and whether it was decided. */
async function describeWaiting(manager: JetStreamManager, db: Kysely<Database>): Promise<string> {
  const { state, cluster } = await manager.streams.info(COMMANDS_STREAM, { subjects_filter: '>' })
  const consumers = await manager.consumers.list(COMMANDS_STREAM).next()
  const subjects = Object.keys(state.subjects ?? {})
  const lines = consumers
    .filter(({ config }) => subjects.includes(config.filter_subject ?? ''))
    .map(({ name, num_pending, num_ack_pending, num_waiting, delivered, ack_floor, cluster: place }) =>
      JSON.stringify({
        name,
        leader: place?.leader,
        num_pending,
        num_ack_pending,
        num_waiting,
        delivered,
        ack_floor,
      }),
    )
  const waiting = await Promise.all(subjects.map((subject) => describeCommands(manager, db, subject)))
  return [JSON.stringify(state), `leader ${cluster?.leader}`, ...lines, ...waiting.flat()].join('\n')
}

async function describeCommands(
  manager: JetStreamManager,
  db: Kysely<Database>,
  subject: string,
): Promise<string[]> {
  const lines: string[] = []
  for (let seq = 1; lines.length < 1_000; seq++) {
    const query = { next_by_subj: subject, seq }
    const message = await manager.streams.getMessage(COMMANDS_STREAM, query).catch(() => undefined)
    if (message === undefined) break
    seq = message.seq
    const id = message.header.get('Nats-Msg-Id')
    const event = await db
      .selectFrom('zone_event')
      .select(['zone_id', 'seq', 'reason'])
      .where('command_id', '=', id)
      .executeTakeFirst()
    const fate =
      event === undefined ? 'NO EVENT' : `event ${event.seq} of zone ${event.zone_id}, ${event.reason}`
    lines.push(`${subject} ${seq}: command ${id}, ${fate}`)
  }
  return lines
}
