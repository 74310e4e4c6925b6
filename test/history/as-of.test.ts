import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { differences, nameAsOf, rrsetsAsOf } from '../../services/zone-writer/history/as-of.ts'
import { indexNext } from '../../services/zone-writer/history/catch-up.ts'
import { beginning, foldEvent } from '../../services/zone-writer/history/fold.ts'
import { parsePoint } from '../../services/zone-writer/history/point.ts'
import { type Point, resolvePoint } from '../../services/zone-writer/history/resolve.ts'
import { rrsetOf } from '../../services/zone-writer/history/rrset-state.ts'
import { canonicalName, compareNames, nameOf } from '../../shared/dns/name.ts'
import type { RRset } from '../../shared/dns/record.ts'
import { rrsetLines } from '../../shared/dns/zone-file-text.ts'
import type { ZoneEvent } from '../../shared/events/zone-event.ts'
import { historyOf } from '../support/history.ts'
import { APEX } from '../support/spec.ts'
import { TestSystem } from '../support/system.ts'
import { randomHistory } from './random-history.ts'

const UPDATES = 160

describe('P6 a zone as it was', () => {
  let system: TestSystem
  let zone: { id: number; name: typeof APEX }
  let events: ZoneEvent[]
  /** Octet for octet after each event. */
  const folded: string[][] = []

  before(async () => {
    system = await TestSystem.prepare()
    const writer = await system.writer()
    const { id } = await system.api(writer).createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })
    await writer.close()
    zone = { id, name: APEX }
    await randomHistory(system, id, UPDATES, 6)
    events = await historyOf(system, id)
    // as in a large zone: many small steps, many snapshots, and diffs that are indexed bit by bit
    for (let seq = 0; seq < events.length; )
      seq = await indexNext(system.db, id, APEX, { most: 7, octets: 300, leastRows: 8 })
    let state = beginning(APEX)
    for (const event of events) {
      state = foldEvent(state, event)
      folded.push(exact([...state.contents.rrsets()]))
    }
  })
  after(() => system?.close())

  const at = async (text: string): Promise<Point> => {
    const point = await resolvePoint(system.db, zone, parsePoint(text, Date.now()), Date.now())
    assert.ok(point.ok, point.ok ? '' : point.message)
    return point.value
  }
  const refused = async (text: string): Promise<string> => {
    const point = await resolvePoint(system.db, zone, parsePoint(text, Date.now()), Date.now())
    assert.ok(!point.ok)
    assert.equal(point.code, 'outside-history')
    return point.message
  }
  const rrsetsAt = async (point: Point, below?: typeof APEX): Promise<RRset[]> => {
    const rrsets = await rrsetsAsOf(system.db, point, below)
    assert.ok(rrsets.ok)
    const list: RRset[] = []
    for await (const rrset of rrsets.value) list.push(rrset)
    return list
  }

  it('has histories that change, confirm and refuse', () => {
    const reasons = new Set(events.map(({ reason }) => reason))
    for (const reason of ['applied', 'unchanged', 'prerequisite', 'not-admitted'])
      assert.ok(reasons.has(reason), reason)
  })

  it('is after every event what folding the events up to there gives, octet for octet', async () => {
    for (const { seq } of events)
      assert.deepEqual(exact(await rrsetsAt(await at(`#${seq}`))), folded[seq - 1], `event ${seq}`)
  })

  it('rests on snapshots, so that little has to be laid over one', async () => {
    const { rows } = await sql<{ snapshots: number }>`
      select count(distinct seq)::integer as snapshots from zone_snapshot_part where zone_id = ${zone.id}`.execute(
      system.db,
    )
    assert.ok(rows[0]!.snapshots > 3, `${rows[0]!.snapshots} snapshots`)
  })

  it('comes with the SOA first, then in canonical order', async () => {
    const [soa, ...others] = await rrsetsAt(await at('now'))
    assert.equal(soa?.type, 6)
    const names = others.map(({ name }) => canonicalName(name))
    assert.deepEqual(names, names.toSorted(compareNames))
  })

  it('is found by each serial that it ever had', async () => {
    const changes = events.filter(({ diff }) => diff.length > 0)
    for (const { serialAfter, seq } of changes) {
      const point = await at(String(serialAfter))
      const same = changes.filter((event) => event.serialAfter === serialAfter)
      assert.equal(point.seq, same.at(-1)!.seq)
      assert.equal(point.note !== undefined, same.length > 1, `serial ${serialAfter} of event ${seq}`)
    }
  })

  it('is found by time: the newest event that was not decided after it', async () => {
    for (const event of events.filter((_, index) => index % 7 === 0)) {
      const point = await at(new Date(event.decidedAt).toISOString())
      assert.equal(point.seq, events.findLast(({ decidedAt }) => decidedAt <= event.decidedAt)!.seq)
    }
  })

  it('says which range exists when it is asked for another', async () => {
    const last = events.at(-1)!
    const range = new RegExp(
      `its history goes from event #1, serial ${events[0]!.serialAfter}, 20.*Z to event #${last.seq}, serial ${last.serialAfter}, 20.*Z`,
    )
    assert.match(await refused('4294967295'), range)
    assert.match(await refused('2001-01-01'), range)
    assert.match(await refused('2101-01-01'), range)
    assert.match(await refused(`#${last.seq + 1}`), range)
  })

  it('is known name by name, with the same answer', async () => {
    for (const seq of [1, 60, 140, events.length]) {
      const point = await at(`#${seq}`)
      const all = await rrsetsAt(point)
      for (const name of new Set(all.map((rrset) => canonicalName(rrset.name)))) {
        const states = await nameAsOf(system.db, point, name)
        assert.ok(states.ok)
        const here = all.filter((rrset) => canonicalName(rrset.name) === name)
        assert.deepEqual(exact(states.value.map((state) => rrsetOf(state)!)), exact(here))
      }
    }
    const nothing = await nameAsOf(system.db, await at('now'), nameOf('never.example.com'))
    assert.deepEqual(nothing, { ok: true, value: [] })
  })

  it('can be bounded to a name and what is below it', async () => {
    const below = nameOf('er.example.com')
    const expected = (await rrsetsAt(await at('#150'))).filter(({ name }) =>
      /(^|\.)er\.example\.com\.$/i.test(name),
    )
    assert.deepEqual(exact(await rrsetsAt(await at('#150'), below)), exact(expected))
  })

  it('differs from another moment by what has to be taken away and put in, in both directions', async () => {
    for (const [from, to] of [
      [1, events.length],
      [events.length, 1],
      [70, 150],
      [150, 70],
      [77, 77],
    ] as const) {
      const changes = await differences(system.db, await at(`#${from}`), await at(`#${to}`))
      assert.ok(changes.ok)
      const lines = new Set(linesOf(await rrsetsAt(await at(`#${from}`))))
      for await (const { before: was, after: is } of changes.value) {
        for (const line of was === undefined ? [] : rrsetLines(was)) assert.ok(lines.delete(line), line)
        for (const line of is === undefined ? [] : rrsetLines(is)) lines.add(line)
      }
      assert.deepEqual([...lines].sort(), linesOf(await rrsetsAt(await at(`#${to}`))).sort())
    }
  })
})

function linesOf(rrsets: readonly RRset[]): string[] {
  return rrsets.flatMap((rrset) => [...rrsetLines(rrset)])
}

/** Byte for byte, the order of values in a set included. */
function exact(rrsets: readonly RRset[]): string[] {
  return rrsets
    .map(({ name, type, ttl, rdata }) =>
      [name, type, ttl, ...rdata.map((value) => Buffer.from(value).toString('hex'))].join(' '),
    )
    .sort()
}
