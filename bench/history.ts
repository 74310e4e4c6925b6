import { performance } from 'node:perf_hooks'
import { nameAsOf, rrsetsAsOf } from '../services/zone-writer/history/as-of.ts'
import { indexNext } from '../services/zone-writer/history/catch-up.ts'
import { fillFromStream } from '../services/zone-writer/history/from-stream/drill.ts'
import type { StreamRebuild } from '../services/zone-writer/history/from-stream/report.ts'
import { HistoryFold } from '../services/zone-writer/history/rebuild/fold-history.ts'
import { resolvePoint } from '../services/zone-writer/history/resolve.ts'
import { Publisher } from '../services/zone-writer/publish/publisher.ts'
import { inTransaction } from '../services/zone-writer/store/admin-zones.ts'
import { rrsetsInCanonicalOrder } from '../services/zone-writer/store/canonical-order.ts'
import { eventsAfter } from '../services/zone-writer/store/events.ts'
import { compareFolded, openFold } from '../services/zone-writer/store/folded-rrsets.ts'
import { silentLogger } from '../shared/log.ts'
import { closeNats, connectNats } from '../shared/messaging/connect.ts'
import { ensureStreams } from '../shared/messaging/streams.ts'
import { createDatabase } from '../test/support/infrastructure.ts'
import { TestSystem } from '../test/support/system.ts'
import { APEX, hostName, MadeZone } from './history/made-zone.ts'

// `npm run bench -- history [RECORDS] [EVENTS]`: a zone of so many hosts whose addresses change so often, with a valid chain, indexed as a writer
// does it; then: one name at a moment of its past, the whole zone then, and the whole zone as it is; the zone rebuilt from its events and
// compared; and all of it filled into an empty database from the stream of NATS.

const RECORDS = Number(process.argv[2] ?? 20_000)
const EVENTS = Number(process.argv[3] ?? 50_000)
const AT_ONCE = 1_000

const system = await TestSystem.prepare()
try {
  const zone = await MadeZone.create(system.commits, system.db, RECORDS)
  const zoneId = zone.id
  await measured('events', () => zone.growTo(EVENTS + 1))
  await measured('index', async () => {
    for (let seq = 0; seq < EVENTS + 1; ) seq = await indexNext(system.db, zoneId, APEX)
  })
  await look(zoneId)
  await measured('rebuilt from events and compared', () => rebuilt(zoneId))
  await drill(zoneId)
} finally {
  await system.close()
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
