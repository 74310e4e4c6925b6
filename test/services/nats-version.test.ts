import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isFitForClusters, warnOfUnfitCluster } from '../../shared/messaging/nats-version.ts'

describe('a cluster of nats-servers', () => {
  it('is trusted with commands from 2.10.27 on', () => {
    for (const version of ['2.10.27', '2.10.28-RC.1', '2.11.0-preview.2', '2.12.3', '3.0.0'])
      assert.ok(isFitForClusters(version), version)
    for (const version of ['2.9.10', '2.9.25', '2.10.0', '2.10.26', '2.10', '', 'dev'])
      assert.ok(!isFitForClusters(version), version)
  })

  it('that is not has its writers say so when they start; one server alone may be any', () => {
    const said: object[] = []
    const log = { warn: (fields: object) => said.push(fields) }
    const warn = (version: string, cluster?: string) =>
      warnOfUnfitCluster(
        { info: { version, ...(cluster === undefined ? {} : { cluster }) } } as never,
        log as never,
      )
    warn('2.9.10')
    warn('2.10.27', 'names')
    assert.deepEqual(said, [])
    warn('2.9.10', 'names')
    assert.deepEqual(said, [{ version: '2.9.10', fit: '2.10.27' }])
  })
})
