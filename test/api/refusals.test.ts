import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { NatsConnection } from 'nats'
import { type Refusal, RefusalLog } from '../../services/edge/update/refusal-log.ts'
import { listRefusals, type RefusalQuery } from '../../services/zone-writer/admin/read-refusals.ts'
import { refusalConsumer } from '../../services/zone-writer/refusals/refusal-consumer.ts'
import type { ReportConsumer } from '../../services/zone-writer/reports/report-consumer.ts'
import { insertRefusals, pruneRefusals } from '../../services/zone-writer/store/refusals.ts'
import { UnreadablePayload } from '../../shared/events/binary.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { ensureStreams } from '../../shared/messaging/streams.ts'
import { REFUSALS_STREAM, refusalSubject } from '../../shared/messaging/subjects.ts'
import {
  decodeRefusalReport,
  encodeRefusalReport,
  MAX_REFUSAL_ROWS,
  type RefusalRow,
} from '../../shared/refusal-report.ts'
import { type TestNats, testNats } from '../support/infrastructure.ts'
import { until } from '../support/until.ts'
import { administration } from './fixture.ts'

const ROW: RefusalRow = {
  firstAt: Date.now() - 1_000,
  lastAt: Date.now(),
  reason: 'bad-signature',
  rcode: 9,
  source: '192.0.2.7',
  claimedKey: 'demo.',
  zone: 'example.com.',
  count: 3,
  auditId: '',
  detail: '',
}

function report(rows: RefusalRow[], reportId: string = randomUUID()) {
  return { reportId, edgeId: 'edge-1', rows }
}

describe('a report of refusals', () => {
  it('reads as it was written', () => {
    const sent = report([ROW, { ...ROW, rcode: null, source: '::1' }])
    assert.deepEqual(decodeRefusalReport(encodeRefusalReport(sent)), sent)
  })

  const json = (value: unknown) => Buffer.from(JSON.stringify(value))
  const good = { version: 1, ...report([ROW]) }
  const cases: [string, Uint8Array][] = [
    ['is not JSON', Buffer.from('{')],
    ['is of another version', json({ ...good, version: 2 })],
    ['has an id that is no UUID', json({ ...good, reportId: 'x' })],
    ['has too many rows', json({ ...good, rows: Array(MAX_REFUSAL_ROWS + 1).fill(ROW) })],
    ['holds what Postgres cannot store', json({ ...good, rows: [{ ...ROW, zone: 'a\0b' }] })],
    ['holds a negative count', json({ ...good, rows: [{ ...ROW, count: -1 }] })],
    ['holds no object', json(null)],
  ]
  for (const [what, payload] of cases)
    it(`is unreadable when it ${what}`, () =>
      assert.throws(() => decodeRefusalReport(payload), UnreadablePayload))
})

describe('refusals reported by edges (P5)', () => {
  let server: TestNats
  let nats: NatsConnection
  let context: Awaited<ReturnType<typeof administration>>
  const log = silentLogger()
  const consumers: ReportConsumer[] = []
  before(async () => {
    ;[server, context] = await Promise.all([testNats(), administration()])
    nats = await connectNats(server.url, 'test', log)
    await ensureStreams(nats, 1)
    for (let count = 0; count < 2; count++) {
      const consumer = refusalConsumer({ db: context.db, nats, log })
      consumer.start()
      consumers.push(consumer)
    }
  })
  after(async () => {
    await Promise.all(consumers.map((consumer) => consumer.close()))
    await nats.close()
    await context.close()
    await server.stop()
  })

  const send = (payload: Uint8Array) => nats.jetstream().publish(refusalSubject('edge-1'), payload)
  const taken = () =>
    until('every report is taken', async () => {
      const { state } = await (await nats.jetstreamManager()).streams.info(REFUSALS_STREAM)
      return state.messages === 0
    })

  const listed = async (limit: number, query: RefusalQuery = {}) => {
    const page = await listRefusals(context.db, limit, query, Date.now())
    assert.ok(page.ok)
    return page.value
  }

  it('are stored once, however often a report is delivered', async () => {
    const sent = report([ROW, { ...ROW, source: '192.0.2.8', rcode: null }])
    for (let times = 0; times < 3; times++) await send(encodeRefusalReport(sent))
    await taken()
    const { refusals } = await listed(10)
    assert.deepEqual(refusals.map(({ source, outcome, count }) => [source, outcome, count]).toSorted(), [
      ['192.0.2.7', 'NOTAUTH', 3],
      ['192.0.2.8', null, 3],
    ])
  })

  it('that cannot be read are dropped and hold up nothing', async () => {
    await send(Buffer.from('rubbish'))
    await send(encodeRefusalReport(report([{ ...ROW, source: '192.0.2.9' }])))
    await taken()
    const { refusals } = await listed(1)
    assert.equal(refusals[0]?.source, '192.0.2.9')
  })

  it('are kept to a bound: the newest rows, and none that are too old', async () => {
    await context.db.deleteFrom('refusal').execute()
    const rows = Array.from({ length: 20 }, (_, index) => ({ ...ROW, source: `10.0.0.${index}` }))
    await insertRefusals(context.db, [report(rows), report([{ ...ROW, firstAt: 0, lastAt: 1 }])])
    assert.equal(await pruneRefusals(context.db, 10, new Date(1_000)), 12)
    const first = await listed(5)
    const second = await listed(5, { before: first.next! })
    assert.deepEqual(
      [...first.refusals, ...second.refusals].map(({ source }) => source),
      Array.from({ length: 9 }, (_, index) => `10.0.0.${19 - index}`),
    )
  })

  describe('in a flood of forged packets', () => {
    const DISTINCT = 120_000
    /** As many as an edge makes in a minute, one each 5 s. */
    const REPORTS = 12
    let clock = Date.now()
    let lines = 0
    let searches = 0
    let lost = 0
    const edge = new RefusalLog({
      edgeId: 'edge-1',
      now: () => clock,
      send: async (payload) => {
        await send(payload)
        // arrived, but the edge does not learn of it
        if (++lost === 2) throw new Error('timeout')
      },
      onRefusal: () => {},
      onRow: () => lines++,
    })
    const forged = (index: number): Refusal => ({
      reason: (['tsig-badsig', 'tsig-badkey', 'malformed'] as const)[index % 3]!,
      rcode: 9,
      source: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
      claimedKey: `forged-${index}.`,
      zone: `zone-${index}.example.`,
      detail: (maySearch) => {
        if (maySearch) searches++
        return `forged \u0000 ${index}`
      },
    })
    const rows = () => context.db.selectFrom('refusal').selectAll().execute()
    let told: string[]
    before(async () => {
      await context.db.deleteFrom('refusal').execute()
      const refs = new Set<string>()
      for (let sent = 0; sent < REPORTS; sent++) {
        const share = DISTINCT / REPORTS
        for (let index = 0; index < share; index++) refs.add(edge.add(forged(sent * share + index)))
        clock += 5_000
        await edge.flush()
      }
      await edge.close()
      told = [...refs]
      await taken()
    })

    it('the table grows by a bounded number of rows a minute, and none is lost from the count', async () => {
      const stored = await rows()
      // 200 distinct ones a report, and one for each reason with what is more
      assert.ok(stored.length <= REPORTS * (200 + 3), `${stored.length} rows`)
      assert.equal(
        stored.reduce((sum, row) => sum + row.count, 0),
        DISTINCT,
      )
      const many = stored.filter(({ source_address }) => source_address === 'many')
      assert.deepEqual([...new Set(many.map(({ claimed_key, zone }) => claimed_key + zone))], [''])
    })

    it('the log gets a line a row, and few hints are searched for', () => {
      assert.ok(lines <= REPORTS * (200 + 3), `${lines} lines`)
      assert.ok(searches <= REPORTS * 20, `${searches} searches`)
    })

    it('whatever a client is told is found', async () => {
      const stored = new Set((await rows()).map(({ audit_id }) => audit_id))
      assert.deepEqual(
        told.filter((ref) => !stored.has(ref)),
        [],
      )
      const [page] = await Promise.all([listed(1, { auditId: told[0]! })])
      assert.match(page.refusals[0]!.detail, /^forged {3}\d+/)
    })
  })

  it('are found by zone, reason, source, time and what the client was told', async () => {
    await context.db.deleteFrom('refusal').execute()
    const at = Date.now()
    await insertRefusals(context.db, [
      report([
        { ...ROW, reason: 'tsig-badkey', zone: 'a.example.', auditId: 'aaaa', lastAt: at - 60_000 },
        { ...ROW, reason: 'malformed', zone: 'b.example.', auditId: 'bbbb', source: '192.0.2.8', lastAt: at },
      ]),
    ])
    const refs = async (query: RefusalQuery) =>
      (await listed(10, query)).refusals.map(({ auditId }) => auditId)
    assert.deepEqual(await refs({ zone: 'A.EXAMPLE' }), ['aaaa'])
    assert.deepEqual(await refs({ reason: 'malformed' }), ['bbbb'])
    assert.deepEqual(await refs({ source: '192.0.2.8' }), ['bbbb'])
    assert.deepEqual(await refs({ since: '30s' }), ['bbbb'])
    assert.deepEqual(await refs({ auditId: 'aaaa' }), ['aaaa'])
    assert.deepEqual(await refs({ since: '1h', zone: 'b.example.' }), ['bbbb'])
    for (const [query, message] of [
      [{ reason: 'tsig-badkei' }, /did you mean tsig-badkey\?/],
      [{ since: 'yesterday' }, /'yesterday' is no time/],
      [{ zone: 'a..b' }, /empty label/],
    ] as const) {
      const page = await listRefusals(context.db, 1, query, Date.now())
      assert.ok(!page.ok)
      assert.match(page.message, message)
    }
  })
})
