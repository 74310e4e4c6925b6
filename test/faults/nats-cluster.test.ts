import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { ensureStreams } from '../../shared/messaging/streams.ts'
import { temporaryFolder } from '../support/infrastructure.ts'
import type { Deployment } from './deployment/deployment.ts'
import { Guard } from './deployment/guard.ts'
import { NatsCluster } from './deployment/nats-cluster.ts'
import { leadersChosen } from './deployment/nats-leaders.ts'
import { NATS_FAULTS } from './kinds/nats.ts'

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

describe('faults of NATS', () => {
  const possible = (count: number, isFit: boolean) => {
    const deployment = { cluster: { isFit, nodes: Array(count).fill({}) } } as unknown as Deployment
    return NATS_FAULTS.filter(({ isPossible }) => isPossible?.(deployment) ?? true).map(({ name }) => name)
  }

  it('are all tried of several servers, and those that one alone can have of one', () => {
    assert.equal(possible(3, true).length, NATS_FAULTS.length)
    assert.ok(
      possible(1, true).includes('NATS server killed') && !possible(1, true).includes('NATS leader killed'),
    )
  })

  it('are spared where a cluster may lose what it has stored', () => {
    assert.deepEqual(possible(3, false), [])
  })
})
