import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Clock, judgeClocks } from '../../cli/doctor/judge-clocks.ts'

describe('what a doctor says of clocks', () => {
  const clock = (kind: Clock['kind'], aheadMs: number, uncertainMs = 0, of = `${kind} a`): Clock => ({
    kind,
    of: kind === 'Postgres' ? kind : of,
    aheadMs,
    uncertainMs,
  })
  const said = (...clocks: Clock[]) =>
    judgeClocks(clocks, 10_000).map(({ area, verdict, found }) => `${verdict} ${area}: ${found}`)

  it('that agree within a second: within how much', () => {
    assert.match(
      said(clock('Postgres', -400), clock('edge', 300))[0]!,
      /^ok clock: 3 clocks agree within 700 ms \(this machine, Postgres, edge\)/,
    )
    assert.match(said()[0]!, /^skipped/)
  })

  it('that are further apart: which is ahead of which, and what will come of it', () =>
    assert.deepEqual(said(clock('Postgres', -400), clock('edge', 900)), [
      'warning clock: edge a is 1.3 s ahead of Postgres. From 300 s on, signed updates through an edge whose clock is wrong get NOTAUTH (BADTIME)',
    ]))

  it('whose answers took long: nothing that may be due to that', () => {
    assert.match(said(clock('Postgres', 1_500, 600))[0]!, /^ok clock: 2 clocks agree within 2100 ms/)
    assert.match(said(clock('Postgres', 1_700, 600))[0]!, /^warning clock: Postgres is 1\.7 s ahead/)
  })

  it('of an edge and a writer, further apart than the deadline of a command', () => {
    const [behind, ...others] = said(clock('edge', -6_000), clock('writer', 5_000))
    assert.match(
      behind!,
      /^wrong clock: writer a is 11\.0 s ahead of edge a: .* not applied, and get silence/,
    )
    assert.deepEqual(others, [])
    assert.match(
      said(clock('edge', 6_000), clock('writer', -5_000))[0]!,
      /^wrong clock: edge a is 11\.0 s ahead of writer a: .* when their senders no longer wait/,
    )
    assert.match(said(clock('edge', 4_000), clock('writer', -5_000))[0]!, /^warning .* From 10 s on/)
  })

  it('of two nats-servers, further apart than re-sends are recognised', () =>
    assert.match(
      said(clock('nats-server', 0), clock('nats-server', 31_000, 0, 'nats-server b'))[0]!,
      /^wrong clock: nats-server b is 31\.0 s ahead of nats-server a: .* a re-send becomes another update/,
    ))

  it('of an edge that is so wrong that no signature holds', () =>
    assert.match(said(clock('edge', 301_000))[0]!, /^wrong clock: edge a is 301\.0 s ahead .*BADTIME/))

  it('of several machines: each that is far off, with what it means', () => {
    assert.deepEqual(
      said(clock('edge', 0), clock('writer', 20_000), clock('Postgres', 90_000)).map(
        (line) => /(?<=clock: ).*? s ahead of .*?(?=:)/.exec(line)?.[0],
      ),
      ['writer a is 20.0 s ahead of edge a', 'Postgres is 90.0 s ahead of this machine'],
    )
    assert.deepEqual(said(clock('Postgres', 90_000)), [
      'wrong clock: Postgres is 90.0 s ahead of this machine: times in history, of keys, leases and logs do not fit together',
    ])
  })
})
