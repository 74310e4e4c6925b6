import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { MOST_BUCKETS, RateBuckets } from '../../services/edge/update/rate-buckets.ts'
import { MOST_ROWS, RefusalLog } from '../../services/edge/update/refusal-log.ts'
import { MOST_REFUSED, RefusedSignatures } from '../../services/edge/update/refused-signatures.ts'
import { MOST_REMEMBERED, Resends, type Settled } from '../../services/edge/update/resends.ts'
import { MOST_COUNTED, UpdateLimits } from '../../services/edge/update/update-limits.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { decodeRefusalReport } from '../../shared/refusal-report.ts'

const SETTLED: Settled = { rcode: 0, reason: 'applied', detail: '', reference: '' }
const MORE = 10

/** 32 octets that are different for each number. */
function digest(index: number): Uint8Array {
  const octets = Buffer.alloc(32)
  octets.writeUInt32BE(index)
  return octets
}

function times(count: number, act: (index: number) => unknown): void {
  for (let index = 0; index < count; index++) act(index)
}

describe('the heap of an edge', () => {
  it('can be told to grow by less than V8 lets it', () =>
    assert.match(
      execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' }),
      /--heap-growing-percent /,
    ))
})

// the figures are those of docs/edge.md#in-a-flood
describe('what an edge remembers, however much is sent from however many', () => {
  it('200,000 updates of the last 30 s', () => {
    assert.equal(MOST_REMEMBERED, 200_000)
    const resends = new Resends(() => 0, 1_000)
    const settlement = Promise.resolve(SETTLED)
    times(1_000 + MORE, (index) => resends.add({ fingerprint: digest(index), mark: undefined }, settlement))
    assert.equal(resends.size, 1_000)
  })
  it('50,000 signatures that it refused', () => {
    const refused = new RefusedSignatures(() => 0)
    times(MOST_REFUSED + MORE, (index) => refused.add({ digest: digest(index), expiresAt: 1 }, SETTLED))
    assert.equal(refused.size, 50_000)
  })
  it('100,000 rates of senders', () => {
    const buckets = new RateBuckets(() => 0)
    times(MOST_BUCKETS + MORE, (index) => buckets.take(`1 ${index}`, { count: 1, seconds: 1 }))
    assert.equal(buckets.size, 100_000)
  })
  it('100,000 updates that were counted by them', () => {
    const limits = new UpdateLimits(1, () => 0)
    const zone = { id: 1, name: nameOf('example.com.'), rules: [], updateRate: { count: 1, seconds: 1 } }
    times(MOST_COUNTED + MORE, (index) => limits.admit(zone, `${index}`, digest(index)))
    assert.equal(limits.size, 100_000)
  })
  it('200 refusals, and one more for each reason', async () => {
    const reports: Uint8Array[] = []
    const send = async (report: Uint8Array) => void reports.push(report)
    const log = new RefusalLog({ edgeId: 'e', now: () => 0, send, onRefusal: () => {} })
    const refusal = { rcode: 5, claimedKey: '', zone: '', detail: () => '' }
    times(2 * MOST_ROWS, (index) => log.add({ ...refusal, reason: 'not-admitted', source: `${index}` }))
    for (const reason of ['malformed', 'tsig-badsig'] as const) log.add({ ...refusal, reason, source: '' })
    await log.close()
    assert.equal(decodeRefusalReport(reports[0]!).rows.length, 203)
  })
})
