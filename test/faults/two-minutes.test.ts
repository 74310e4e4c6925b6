import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { clusterNats } from '../support/cluster-nats.ts'
import { ALL_FAULTS, CALM_EVERY } from './fire.ts'
import { reportText } from './report.ts'
import { runChaos } from './run-chaos.ts'

/** With the start of twenty processes and the check, about three minutes. `npm run chaos -- --minutes 60 --seed 7` is the long run. */
const SECONDS = 120

/** A server of a cluster that was killed may need a minute to follow it again: that is for longer runs. */
const KILLS_NATS = /NATS (?:leader|server) killed|whole NATS/

describe('every promise under fire', () => {
  it('none is broken, and everything recovers', async (context) => {
    const { version, isFit } = await clusterNats()
    const natsNodes = isFit ? 3 : 1
    const kinds = isFit ? ALL_FAULTS.filter(({ name }) => !KILLS_NATS.test(name)) : ALL_FAULTS
    context.diagnostic(
      `${natsNodes} of nats-server ${version}, ${kinds.length} of ${ALL_FAULTS.length} kinds of faults`,
    )
    const { report } = await runChaos({
      seed: 20_261,
      seconds: SECONDS,
      clients: 16,
      thinkMs: 120,
      kinds,
      natsNodes,
      calmEvery: CALM_EVERY,
      say: (line) => context.diagnostic(line),
    })
    assert.deepEqual(report.violations, [], reportText(report))
    assert.deepEqual(report.notRecovered, [], reportText(report))
    assert.deepEqual(report.weaknesses, [], reportText(report))
    assert.equal(report.refusedWithoutFault, 0, reportText(report))
    assert.ok(report.sentWithoutFault > 0, reportText(report))
    assert.ok((report.outcomes.NOERROR ?? 0) > 0 && report.faults.length > 0, reportText(report))
  })
})
