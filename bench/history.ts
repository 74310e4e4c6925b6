import { createHash, randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { sql } from 'kysely'
import { nameAsOf, rrsetsAsOf } from '../services/zone-writer/history/as-of.ts'
import { indexNext } from '../services/zone-writer/history/catch-up.ts'
import { fillFromStream } from '../services/zone-writer/history/from-stream/drill.ts'
import type { StreamRebuild } from '../services/zone-writer/history/from-stream/report.ts'
import { HistoryFold } from '../services/zone-writer/history/rebuild/fold-history.ts'
import { resolvePoint } from '../services/zone-writer/history/resolve.ts'
import { Publisher } from '../services/zone-writer/publish/publisher.ts'
import { inTransaction } from '../services/zone-writer/store/admin-zones.ts'
import { rrsetsInCanonicalOrder } from '../services/zone-writer/store/canonical-order.ts'
import { eventsAfter, insertEvents } from '../services/zone-writer/store/events.ts'
import { compareFolded, openFold } from '../services/zone-writer/store/folded-rrsets.ts'
import { Class, Opcode, Rcode, Type } from '../shared/dns/codes.ts'
import { encodeMessage } from '../shared/dns/message.ts'
import { type Name, nameOf } from '../shared/dns/name.ts'
import type { ResourceRecord } from '../shared/dns/record.ts'
import type { Serial } from '../shared/dns/serial.ts'
import { soaRdata } from '../shared/dns/soa.ts'
import { chainEvent, NO_HASH } from '../shared/events/event-codec.ts'
import type { ZoneEvent } from '../shared/events/zone-event.ts'
import { silentLogger } from '../shared/log.ts'
import { closeNats, connectNats } from '../shared/messaging/connect.ts'
import { ensureStreams } from '../shared/messaging/streams.ts'
import { encodeDiff } from '../shared/zone-diff.ts'
import { createDatabase } from '../test/support/infrastructure.ts'
import { TestSystem } from '../test/support/system.ts'

/**
 * A zone of RECORDS hosts whose addresses change EVENTS times, with a valid chain, indexed as a writer does it; then: one name at a
 * moment of its past, the whole zone then, and the whole zone as it is; the zone rebuilt from its events and compared; and all of it
 * filled into an empty database from the stream of NATS.
 *
 *     node bench/history.ts [RECORDS] [EVENTS]
 */

const RECORDS = Number(process.argv[2] ?? 20_000)
const EVENTS = Number(process.argv[3] ?? 50_000)
const AT_ONCE = 1_000
const APEX = nameOf('example.com')

const system = await TestSystem.prepare()
try {
  const zoneId = await build()
  await measured('index', async () => {
    for (let seq = 0; seq < EVENTS + 1; ) seq = await indexNext(system.db, zoneId, APEX)
  })
  await look(zoneId)
  await measured('rebuilt from events and compared', () => rebuilt(zoneId))
  await drill(zoneId)
} finally {
  await system.close()
}

async function build(): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into zone (name, seq, serial, hash) values (${APEX}, 0, 0, ${Buffer.from(NO_HASH)}) returning id`.execute(
    system.db,
  )
  const zoneId = rows[0]!.id
  await measured('events', async () => {
    let previous: ZoneEvent | undefined
    for (let seq = 1; seq <= EVENTS + 1; ) {
      const events: ZoneEvent[] = []
      for (; events.length < AT_ONCE && seq <= EVENTS + 1; seq++) {
        previous = seq === 1 ? first(zoneId) : change(zoneId, seq, previous!)
        events.push(previous)
      }
      await system.db.transaction().execute((trx) => insertEvents(trx, events))
    }
    const { seq, serialAfter, hash } = previous!
    await sql`update zone set seq = ${seq}, serial = ${serialAfter}, hash = ${Buffer.from(hash)} where id = ${zoneId}`.execute(
      system.db,
    )
  })
  await measured('rrsets', () => storeRRsets(zoneId))
  return zoneId
}

/** The address of a host after so many changes of it. */
function address(host: number, round: number): ResourceRecord {
  const rdata = Buffer.alloc(4)
  rdata.writeUInt32BE((0x0a00_0000 + host + 7 * round) >>> 0)
  return { name: hostName(host), type: Type.A, class: Class.IN, ttl: 300, rdata }
}

function hostName(host: number): Name {
  return `h${host}.example.com.` as Name
}

function soa(serial: number): ResourceRecord {
  const [mname, rname] = [nameOf('ns1.example.com'), nameOf('hostmaster.example.com')]
  const rdata = soaRdata({
    mname,
    rname,
    serial: serial as Serial,
    refresh: 3_600,
    retry: 600,
    expire: 86_400,
    minimum: 60,
  })
  return { name: APEX, type: Type.SOA, class: Class.IN, ttl: 300, rdata }
}

function first(zoneId: number): ZoneEvent {
  const added = Array.from({ length: RECORDS }, (_, host) => address(host, 0))
  const diff = encodeDiff({ oldSoa: undefined, removed: [], newSoa: soa(1), added })
  return chainEvent(
    {
      ...common(zoneId, 1),
      kind: 'create',
      message: new Uint8Array(),
      serialBefore: 0,
      serialAfter: 1,
      diff,
    },
    NO_HASH,
  )
}

/** Hosts change in turn. */
function change(zoneId: number, seq: number, previous: ZoneEvent): ZoneEvent {
  const host = (seq - 2) % RECORDS
  const round = Math.floor((seq - 2) / RECORDS)
  const [before, after] = [address(host, round), address(host, round + 1)]
  const diff = encodeDiff({ oldSoa: soa(seq - 1), removed: [before], newSoa: soa(seq), added: [after] })
  const message = encodeMessage({
    id: seq & 0xffff,
    opcode: Opcode.UPDATE,
    questions: [{ name: APEX, type: Type.SOA, class: Class.IN }],
    authorities: [{ ...before, class: Class.ANY, ttl: 0, rdata: new Uint8Array() }, after],
  })
  const serials = { serialBefore: seq - 1, serialAfter: seq }
  return chainEvent({ ...common(zoneId, seq), kind: 'update', message, ...serials, diff }, previous.hash)
}

function common(zoneId: number, seq: number) {
  const commandId = randomUUID()
  const at = Date.UTC(2026, 0, 1) + seq * 1_000
  return {
    zoneId,
    seq,
    commandId,
    fingerprint: createHash('sha256').update(commandId).digest(),
    receivedAt: at,
    queuedAt: at,
    decidedAt: at,
    identity: 'key:bench.' as const,
    source: { address: '192.0.2.1', port: 5353 },
    transport: 'udp' as const,
    edgeId: 'bench',
    rcode: Rcode.NOERROR,
    section: '',
    reason: 'applied',
    detail: '',
    rule: 'grant bench zonesub ANY',
  }
}

async function storeRRsets(zoneId: number): Promise<void> {
  const last = soa(EVENTS + 1)
  await sql`
    insert into rrset values (${zoneId}, ${APEX}, ${Type.SOA}, ${APEX}, 300, ${[Buffer.from(last.rdata)]}::bytea[])`.execute(
    system.db,
  )
  for (let host = 0; host < RECORDS; host += 10_000) {
    const hosts = Array.from({ length: Math.min(10_000, RECORDS - host) }, (_, index) => host + index)
    const values = hosts.map((each) =>
      Buffer.from(address(each, Math.floor((EVENTS - 1 - each) / RECORDS) + 1).rdata),
    )
    await sql`
      insert into rrset
      select ${zoneId}::bigint, name, ${Type.A}::integer, name, 300, array[value]
      from unnest(${hosts.map(hostName)}::text[], ${values}::bytea[]) as host (name, value)`.execute(
      system.db,
    )
  }
}

async function look(zoneId: number): Promise<void> {
  const zone = { id: zoneId, name: APEX }
  const moments = [1, 0.25, 0.5, 0.9, 0.999].map((part) => Math.max(1, Math.floor(part * EVENTS)))
  for (const seq of moments) {
    const point = await resolvePoint(system.db, zone, { kind: 'seq', seq }, Date.now())
    if (!point.ok) throw new Error(point.message)
    const times: number[] = []
    for (let round = 0; round < 50; round++) {
      const began = performance.now()
      const found = await nameAsOf(system.db, point.value, hostName((round * 7_919) % RECORDS))
      if (!found.ok || found.value.length !== 1) throw new Error('a host is not as it should be')
      times.push(performance.now() - began)
    }
    const sorted = times.toSorted((a, b) => a - b)
    console.log(
      `one name as of event ${seq}: median ${sorted[25]!.toFixed(1)} ms, slowest ${sorted[49]!.toFixed(1)} ms`,
    )
    await measured(`all as of event ${seq}`, async () => {
      const rrsets = await rrsetsAsOf(system.db, point.value)
      if (!rrsets.ok) throw new Error(rrsets.message)
      await counted(rrsets.value)
    })
  }
  await measured('all as it is now', () => counted(rrsetsInCanonicalOrder(system.db, zoneId, APEX)))
}

async function rebuilt(zoneId: number): Promise<void> {
  await inTransaction(system.db, async (trx) => {
    await openFold(trx)
    const fold = new HistoryFold(trx, zoneId, APEX, {})
    for await (const _ of fold.follow());
    if (fold.fault !== undefined) throw new Error(fold.fault.message)
    const { count } = await compareFolded(trx, zoneId, 1)
    if (count !== 0) throw new Error(`${count} RRsets differ`)
  })
}

async function drill(zoneId: number): Promise<void> {
  const nats = await connectNats(system.nats.url, 'bench', silentLogger())
  const fresh = await createDatabase()
  try {
    await ensureStreams(nats, 1, { days: 0, mib: 0 })
    const publisher = new Publisher(nats, silentLogger())
    for (let after = 0; after < EVENTS + 1; after += AT_ONCE)
      await publisher.publish(await eventsAfter(system.db, zoneId, after, AT_ONCE))
    await measured('an empty database filled from the stream', async () => {
      const config = system.config({ ZONELOG_DATABASE_URL: fresh.url })
      const options = { files: [], publicKey: undefined, leaveOutLacking: false, now: Date.now() }
      let report: StreamRebuild | undefined
      for await (const step of fillFromStream(config, options)) if ('schema' in step) report = step
      if (report?.zones[0]?.events !== EVENTS + 1) throw new Error(JSON.stringify(report))
    })
  } finally {
    await closeNats(nats)
    await fresh.drop()
  }
}

async function counted(rrsets: AsyncIterable<unknown>): Promise<void> {
  let count = 0
  for await (const _ of rrsets) count++
  if (count !== RECORDS + 1) throw new Error(`${count} RRsets instead of ${RECORDS + 1}`)
}

async function measured(what: string, work: () => Promise<void>): Promise<void> {
  const began = performance.now()
  await work()
  console.log(`${what}: ${((performance.now() - began) / 1_000).toFixed(2)} s`)
}
