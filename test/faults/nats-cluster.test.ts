import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { ensureStreams } from '../../shared/messaging/streams.ts'
import { temporaryFolder } from '../support/infrastructure.ts'
import { Guard } from './deployment/guard.ts'
import { NatsCluster } from './deployment/nats-cluster.ts'
import { leadersChosen } from './deployment/nats-leaders.ts'

describe('the NATS servers of a run under fire', () => {
  let cluster: NatsCluster
  before(async () => {
    const folder = temporaryFolder('cluster')
    cluster = await NatsCluster.start(folder, 1, new Guard(folder))
  })
  after(async () => await cluster.stop())

  it('have their leaders where one alone has all', async (t) => {
    const nats = await connectNats(cluster.url, 'test', silentLogger())
    t.after(() => nats.close())
    await ensureStreams(nats, 1)
    assert.ok(await leadersChosen({ cluster, nats, zones: [] }))
  })

  it('are left alone where they come back by themselves', async () => {
    await cluster.nodes[0]!.kill()
    await cluster.nodes[0]!.start()
    await cluster.rejoined()
    assert.deepEqual(cluster.startedAgain, [])
  })

  it('are started again where they do not, which is written down', async () => {
    cluster.nodes[0]!.pause()
    await cluster.rejoined(1_000)
    assert.ok(cluster.startedAgain.length > 0)
    assert.ok(await cluster.nodes[0]!.isHealthy())
  })
})
