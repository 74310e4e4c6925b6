import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { KeyUsageLog } from '../../services/edge/key-usage-log.ts'
import { createKey } from '../../services/zone-writer/admin/keys/create-key.ts'
import { MOST_SOURCES_KEPT, storeKeyUsage, usesOfKey } from '../../services/zone-writer/store/key-usage.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { UnreadablePayload } from '../../shared/events/binary.ts'
import {
  decodeKeyUsageReport,
  encodeKeyUsageReport,
  type KeyUse,
  MANY_SOURCES,
  MAX_USAGE_ROWS,
} from '../../shared/key-usage-report.ts'
import { administration } from './fixture.ts'

const address = (index: number) => `10.0.${index >> 8}.${index & 255}`

describe('reports of who uses a key', () => {
  let context: Awaited<ReturnType<typeof administration>>
  let secret = 0
  before(async () => {
    context = await administration()
    const key = await createKey(context.admin, { name: 'used', by: 'system' })
    assert.ok(key.ok)
    secret = key.value.id
  })
  after(() => context.close())

  const row = (source: string, at: number, more: Partial<KeyUse> = {}): KeyUse => ({
    secret,
    source,
    firstAt: at,
    lastAt: at,
    count: 1,
    ...more,
  })
  const store = (...rows: KeyUse[]) => storeKeyUsage(context.db, { reportId: randomUUID(), rows })
  const stored = () => usesOfKey(context.db, nameOf('used'))

  it('add up; one that comes twice counts once', async () => {
    const report = { reportId: randomUUID(), rows: [row('10.0.0.0', 5_000)] }
    await Promise.all([storeKeyUsage(context.db, report), storeKeyUsage(context.db, report)])
    await store(row('10.0.0.0', 3_000, { count: 4 }))
    const [use] = await stored()
    assert.deepEqual([use!.count, use!.firstAt.getTime(), use!.lastAt.getTime()], [5, 3_000, 5_000])
  })

  it('of a secret that is gone are left out', async () => {
    await store(row('10.9.9.9', 5_000, { secret: 1_000_000 }))
    assert.equal((await stored()).length, 1)
  })

  it('keep a bounded number of addresses, the newest, and the sum of the others', async () => {
    for (let start = 1; start < 800; start += 200)
      await store(
        ...Array.from({ length: 200 }, (_, index) => row(address(start + index), 10_000 + start + index)),
      )
    const uses = await stored()
    assert.equal(uses.length, MOST_SOURCES_KEPT + 1)
    const others = uses.find(({ source }) => source === MANY_SOURCES)!
    assert.equal(
      uses.reduce((sum, { count }) => sum + count, 0),
      805,
    )
    assert.ok(uses.every((use) => use === others || use.lastAt > others.lastAt))
  })

  it('are refused when they cannot be stored', () => {
    const good = { version: 1, reportId: randomUUID(), rows: [row('10.0.0.1', 1)] }
    decodeKeyUsageReport(Buffer.from(JSON.stringify(good)))
    for (const bad of [
      'x',
      JSON.stringify({ ...good, version: 2 }),
      JSON.stringify({ ...good, reportId: '1' }),
      JSON.stringify({ ...good, rows: [row("'; drop", 1)] }),
      JSON.stringify({ ...good, rows: [row('10.0.0.1', -1)] }),
      JSON.stringify({ ...good, rows: [row('10.0.0.1', 1), row('10.0.0.1', 2)] }),
      JSON.stringify({ ...good, rows: Array(MAX_USAGE_ROWS + 1).fill(row('10.0.0.1', 1)) }),
    ])
      assert.throws(() => decodeKeyUsageReport(Buffer.from(bad)), UnreadablePayload)
    assert.throws(() => encodeKeyUsageReport({ ...good, rows: Array(MAX_USAGE_ROWS + 1).fill(good.rows[0]) }))
  })
})

describe('what an edge remembers of who uses a key', () => {
  const log = () => {
    const sent: KeyUse[] = []
    let works = true
    const usage = new KeyUsageLog(async (report) => {
      if (!works) throw new Error('NATS is gone')
      sent.push(...decodeKeyUsageReport(report).rows)
    })
    return { usage, sent, break: () => (works = false), mend: () => (works = true) }
  }

  it('is bounded: of more addresses than 2,000 it keeps the sum for each secret', async () => {
    const { usage, sent } = log()
    for (let index = 0; index < 3_000; index++) usage.add(index % 2 === 0 ? '1' : '2', address(index), index)
    await usage.close()
    assert.equal(sent.length, 2_002)
    const others = sent.filter(({ source }) => source === MANY_SOURCES)
    assert.deepEqual(others.map(({ secret, count, firstAt }) => [secret, count, firstAt]).sort(), [
      [1, 500, 2_000],
      [2, 500, 2_001],
    ])
  })

  it('is kept while NATS cannot be reached, and sent after', async () => {
    const { usage, sent, break: breakIt, mend } = log()
    breakIt()
    usage.add('1', '10.0.0.1', 1)
    await usage.flush()
    usage.add('1', '10.0.0.1', 2)
    mend()
    await usage.close()
    assert.deepEqual(sent, [{ secret: 1, source: '10.0.0.1', firstAt: 1, lastAt: 2, count: 2 }])
  })
})
