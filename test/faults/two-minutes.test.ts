import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgeNatsVersion } from '../../cli/doctor/judge-nats-version.ts'
import { natsVersion } from '../../services/local/nats-program.ts'
import { toolPath } from '../support/infrastructure.ts'
import { ALL_FAULTS, CALM_EVERY } from './fire.ts'
import { reportText } from './report.ts'
import { runChaos } from './run-chaos.ts'

/** With the start of twenty processes and the check, about three minutes. `npm run chaos -- --minutes 60 --seed 7` is the long run. */
const SECONDS = 120

/** Clusters of an old nats-server may lose a killed server's streams, or JetStream, for good, and nothing can recover then: of those only a pause is tried. */
function kindsFor(version: string) {
  const mayNotComeBack = judgeNatsVersion(version, true).length > 0
  return ALL_FAULTS.filter(
    ({ name }) => !mayNotComeBack || !/NATS (?:leader|server) killed|whole NATS/.test(name),
  )
}

describe('every promise under fire', () => {
  it('none is broken, and everything recovers', async (context) => {
    const version = (await natsVersion(toolPath('nats-server'))) ?? ''
    const kinds = kindsFor(version)
    context.diagnostic(`nats-server ${version}: ${kinds.length} of ${ALL_FAULTS.length} kinds of faults`)
    const { report } = await runChaos({
      seed: 20_261,
      seconds: SECONDS,
      clients: 16,
      thinkMs: 120,
      kinds,
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
