import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { NatsConnection } from 'nats'
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
})
