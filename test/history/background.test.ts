import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { CachedZone } from '../../services/edge/zones/cached-zone.ts'
import type { EventJson } from '../../services/zone-writer/admin/event-json.ts'
import { ContentsDigest } from '../../shared/contents-digest.ts'
import { Type } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { addA, DnsClient, update } from '../support/dns-client.ts'
import { type RunningEdge, type RunningWriter, TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

/** What the writer finds by itself, and what follows. */

describe('P6 corruption that was planted is found in the background', () => {
  let system: TestSystem
  let api: AdminApi
  let edge: RunningEdge
  let writer: RunningWriter
  let client: DnsClient
  let zoneId: number

  // every zone that an edge of this process takes into its memory
  const taken: CachedZone[] = []
  const { complete } = CachedZone.prototype

  before(async () => {
    CachedZone.prototype.complete = function (this: CachedZone) {
      taken.push(this)
      return complete.call(this)
    }
    system = await TestSystem.prepare()
    writer = await system.writer({ ZONELOG_VERIFY_SHARE: '90' })
    edge = await system.edge()
    api = system.api(writer)
    zoneId = (await api.createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })).id
    client = await DnsClient.to(edge.port)
    await until('the edge takes updates', async () => {
      const rcode = await client.rcode(update({ updates: [addA('www.example.com.', '192.0.2.1', 300)] }))
      return rcode === 'NOERROR'
    })
    assert.equal(
      await client.rcode(update({ updates: [addA('other.example.com.', '192.0.2.2')] })),
      'NOERROR',
    )
    assert.deepEqual(await client.query('www.example.com.', 'A'), ['192.0.2.1'])
  })
  after(async () => {
    CachedZone.prototype.complete = complete
    client?.close()
    await system?.close()
  })

  const alarms = async (reason: string): Promise<EventJson[]> => {
    const { events } = (await api.get('/v1/zones/example.com/events?kind=alarm')) as { events: EventJson[] }
    return events.filter((event) => event.reason === reason)
  }
  const divergences = async (what: string): Promise<number> => {
    const text = await (await api.fetch('/metrics')).text()
    return Number(new RegExp(`zonelog_writer_divergences_total\\{what="${what}"\\} (\\d+)`).exec(text)?.[1])
  }
  const verified = async (): Promise<number> => {
    const { rows } = await sql<{
      seq: number
    }>`select seq from zone_verified where zone_id = ${zoneId}`.execute(system.db)
    return rows[0]?.seq ?? 0
  }

  it('nothing is found where all is well, and the zone was looked at', async () => {
    await until('the zone was verified', async () => (await verified()) >= 2)
    assert.deepEqual([await divergences('rrsets'), await divergences('edge')], [0, 0])
  })

  it('in a row of an RRset: a metric, one event that changes nothing, and all is well when it is mended', async () => {
    const { serial } = await api.get('/v1/zones/example.com')
    const ttl = (value: number) =>
      sql`update rrset set ttl = ${value} where zone_id = ${zoneId} and owner = 'www.example.com.'`.execute(
        system.db,
      )
    await ttl(301)
    await until('it is found', async () => (await alarms('rrsets')).length > 0, 60_000)
    assert.equal(await divergences('rrsets'), 1)
    const [alarm] = await alarms('rrsets')
    assert.deepEqual(
      [alarm!.by, alarm!.serialBefore, alarm!.serialAfter, alarm!.addedCount],
      ['system', serial, serial, 0],
    )
    assert.match(alarm!.detail, /stored RRsets are not what its history adds up to/)
    await ttl(300)
    await until(
      'it is known to be mended',
      async () => {
        const { rows } = await sql<{
          alarm: string | null
        }>`select alarm from zone_verified where zone_id = ${zoneId}`.execute(system.db)
        return rows[0]!.alarm === null
      },
      60_000,
    )
    assert.equal((await alarms('rrsets')).length, 1)
  })

  it('in the memory of an edge: the edge fetches the zone anew', async () => {
    corrupt(taken.at(-1)!)
    assert.deepEqual(await client.query('other.example.com.', 'A'), ['192.0.2.99'])
    await until('it is found', async () => (await alarms('edge')).length > 0, 60_000)
    await until('the edge answers what history says', async () =>
      (await client.query('other.example.com.', 'A')).includes('192.0.2.2'),
    )
    assert.match(
      (await alarms('edge'))[0]!.detail,
      /^edge edge-\d+ held other contents after event \d+; it fetches the zone anew$/,
    )
  })

  it('in an old event', async () => {
    await sql`update zone_event set identity = 'key:mallory.' where zone_id = ${zoneId} and seq = 2`.execute(
      system.db,
    )
    await until('it is found', async () => (await alarms('history-broken')).length > 0, 60_000)
    assert.equal(await divergences('history-broken'), 1)
    assert.match((await alarms('history-broken'))[0]!.detail, /event 2, hash/)
  })
})

/** As a bit that falls over in memory: nothing that keeps the zone knows of it. */
function corrupt(zone: CachedZone): void {
  const name = nameOf('other.example.com')
  const { store } = zone as unknown as { store: { change(name: unknown, sets: unknown): unknown } }
  const rrset = { name, type: Type.A, ttl: 60, rdata: [Buffer.of(192, 0, 2, 99)] }
  store.change(name, new Map([[Type.A, rrset]]))
}

describe('a digest of contents', () => {
  const set = (name: string, ttl: number, ...values: number[]) => ({
    name: nameOf(name),
    type: Type.A,
    ttl,
    rdata: values.map((value) => Buffer.of(192, 0, 2, value)),
  })
  const digest = (...sets: ReturnType<typeof set>[]) => {
    const sum = new ContentsDigest()
    for (const each of sets) sum.addSet(each)
    return sum.value.toString('hex')
  }

  it('does not depend on the order of anything', () =>
    assert.equal(
      digest(set('a.example.', 1, 1, 2), set('b.example.', 2, 3)),
      digest(set('b.example.', 2, 3), set('a.example.', 1, 2, 1)),
    ))

  it('depends on name, TTL and value of each record', () => {
    const all = [
      set('a.example.', 1, 1),
      set('b.example.', 1, 1),
      set('a.example.', 2, 1),
      set('a.example.', 1, 2),
      set('a.example.', 1, 1, 2),
    ]
    assert.equal(new Set(all.map((each) => digest(each))).size, all.length)
  })
})
