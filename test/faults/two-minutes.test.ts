import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { reportText } from './report.ts'
import { runChaos } from './run-chaos.ts'

/** With the start of twenty processes and the check, about three minutes. `npm run chaos -- --minutes 60 --seed 7` is the long run. */
const SECONDS = 120

describe('every promise under fire', () => {
  it('none is broken, and everything recovers', async (context) => {
    const { report } = await runChaos({
      seed: 20_261,
      seconds: SECONDS,
      clients: 16,
      thinkMs: 120,
      say: (line) => context.diagnostic(line),
    })
    assert.deepEqual(report.violations, [], reportText(report))
    assert.deepEqual(report.notRecovered, [], reportText(report))
    assert.deepEqual(report.weaknesses, [], reportText(report))
    assert.ok((report.outcomes.NOERROR ?? 0) > 0 && report.faults.length > 0, reportText(report))
  })
})
