import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BusiestCounts } from '../../shared/metrics/busiest-counts.ts'
import { Durations } from '../../shared/metrics/durations.ts'
import { LabelledCounts } from '../../shared/metrics/labelled-counts.ts'
import { ServiceMetrics } from '../../shared/metrics/service-metrics.ts'
import { UpdateCounts } from '../../shared/metrics/update-counts.ts'

const ZONES = Array.from({ length: 10_000 }, (_, index) => `zone-${index}.example.`)

/** Of a counter, as Prometheus reads it: labels and value of each series. */
async function seriesOf(metrics: ServiceMetrics, name: string): Promise<Map<string, number>> {
  const lines = (await metrics.registry.getSingleMetricAsString(name)).split('\n')
  const series = lines.filter((line) => line.startsWith(`${name}{`))
  return new Map(series.map((line) => [line.slice(0, line.indexOf('} ') + 1), Number(line.split('} ')[1])]))
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, one) => total + one, 0)

describe('labels that clients or operators make any number of', () => {
  it('stay bounded with 10,000 zones, and no count is lost', async () => {
    const metrics = new ServiceMetrics('test', 'nothing')
    const counts = new UpdateCounts(metrics, 'updates_total', 'help', 50)
    for (let round = 0; round < 3; round++)
      for (const zone of ZONES) {
        counts.add(zone, 'udp', 'NOERROR', 'applied')
        counts.add(zone, 'tcp', 'NXRRSET', 'prerequisite')
      }
    const series = await seriesOf(metrics, 'updates_total')
    assert.ok(series.size <= 51 * 2, `${series.size} series`)
    assert.equal(sum(series.values()), 60_000)
    assert.ok(series.has('updates_total{zone="other",transport="udp",rcode="NOERROR",reason="applied"}'))
    assert.ok(
      series.has('updates_total{zone="zone-0.example.",transport="udp",rcode="NOERROR",reason="applied"}'),
    )
  })

  it('have one word for reasons that only a newer program knows', async () => {
    const metrics = new ServiceMetrics('test', 'nothing')
    const counts = new UpdateCounts(metrics, 'updates_total', 'help', 50)
    for (const reason of ['of-tomorrow', 'of-the-day-after', 'constructor', 'no-outcome'])
      counts.add('a.', 'udp', 'REFUSED', reason)
    const series = await seriesOf(metrics, 'updates_total')
    assert.deepEqual(
      [...series],
      [
        ['updates_total{zone="a.",transport="udp",rcode="REFUSED",reason="other"}', 3],
        ['updates_total{zone="a.",transport="udp",rcode="REFUSED",reason="no-outcome"}', 1],
      ],
    )
  })

  it('stay bounded with 10,000 secondaries', async () => {
    const metrics = new ServiceMetrics('test', 'nothing')
    const counts = new LabelledCounts(metrics, 'transfers_total', 'help', ['client', 'outcome'], 100)
    for (let index = 0; index < 10_000; index++) counts.add(`192.0.2.${index}`, 'complete')
    const series = await seriesOf(metrics, 'transfers_total')
    assert.equal(series.size, 101)
    assert.equal(series.get('transfers_total{client="other",outcome="complete"}'), 9_900)
  })
})

describe('the busiest names', () => {
  let clock = 0
  const counts = (most: number) => new BusiestCounts(most, () => clock)
  const told = (busiest: BusiestCounts) =>
    new Map([...busiest.entries()].map(({ name = 'other', count }) => [name, count]))
  const aMinuteLater = () => {
    clock += 60_000
  }

  it('are told apart at once while there is room', () => {
    const busiest = counts(2)
    for (const name of ['a', 'b', 'c', 'c']) busiest.add(name, 0)
    assert.deepEqual(
      told(busiest),
      new Map([
        ['a', 1],
        ['b', 1],
        ['other', 2],
      ]),
    )
  })

  it('take the place of quiet ones, and no count ever falls', () => {
    const busiest = counts(2)
    for (const name of ['a', 'b']) busiest.add(name, 0)
    for (let index = 0; index < 100; index++) busiest.add('late', 0)
    aMinuteLater()
    const before = told(busiest)
    assert.equal(before.get('other'), 100, 'what was counted together stays together')
    for (let index = 0; index < 10; index++) busiest.add('late', 0)
    const after = told(busiest)
    assert.equal(after.get('late'), 10)
    assert.equal(after.get('other'), 100)
    assert.equal(after.size, 3, 'one of the quiet ones is not told any more')
  })

  it('keep their places against names that are about as busy', () => {
    const busiest = counts(1)
    for (let minute = 0; minute < 20; minute++) {
      for (let index = 0; index < 10; index++) busiest.add('first', 0)
      for (let index = 0; index < 15; index++) busiest.add('second', 0)
      aMinuteLater()
      assert.deepEqual([...told(busiest).keys()], ['first', 'other'])
    }
  })

  it('are found in the midst of names that come once', () => {
    const busiest = counts(5)
    for (const zone of ZONES) {
      busiest.add(zone, 0)
      if (zone.endsWith('7.example.')) busiest.add('busy', 0)
    }
    aMinuteLater()
    told(busiest)
    busiest.add('busy', 0)
    assert.equal(told(busiest).get('busy'), 1)
  })
})

describe('durations', () => {
  const bucketsOf = (durations: Durations) =>
    Object.fromEntries(
      [...durations.values('x', {})].map(({ metricName, labels, value }) => [
        `${metricName} ${labels.le ?? ''}`.trim(),
        value,
      ]),
    )

  it('are counted into every bucket that is not below them', () => {
    const durations = new Durations([0.001, 0.01])
    for (const ms of [0.5, 1, 5, 50]) durations.observe(ms)
    assert.deepEqual(bucketsOf(durations), {
      'x_bucket 0.001': 2,
      'x_bucket 0.01': 3,
      'x_bucket +Inf': 4,
      x_sum: 0.0565,
      x_count: 4,
    })
  })

  it('are never negative, though the clocks of edge and writer differ', () => {
    const durations = new Durations([0.001])
    for (const ms of [-250, Number.NaN]) durations.observe(ms)
    assert.deepEqual(bucketsOf(durations), { 'x_bucket 0.001': 2, 'x_bucket +Inf': 2, x_sum: 0, x_count: 2 })
  })
})
