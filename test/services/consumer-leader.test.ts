import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { NatsConnection } from 'nats'
import { Inbox } from '../../services/zone-writer/consume/inbox.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { ensureStreams } from '../../shared/messaging/streams.ts'
import { COMMANDS_STREAM, commandSubject, consumerName } from '../../shared/messaging/subjects.ts'
import { Guard } from '../faults/deployment/guard.ts'
import { NatsCluster } from '../faults/deployment/nats-cluster.ts'
import { temporaryFolder } from '../support/infrastructure.ts'
import { until } from '../support/until.ts'

describe('a consumer of commands in a cluster', () => {
  const log = silentLogger()
  let cluster: NatsCluster
  let nats: NatsConnection
  before(async () => {
    const folder = temporaryFolder('cluster')
    cluster = await NatsCluster.start(folder, 3, new Guard(folder))
    nats = await connectNats(cluster.url, 'test', log, { firstTryMs: 30_000 })
    await until('the streams are made', () =>
      ensureStreams(nats, 3).then(
        () => true,
        () => false,
      ),
    )
  })
  after(async () => {
    await nats.close()
    await cluster.stop()
  })

  it('is given up at once when another server leads it: that one was never asked for anything', async () => {
    // it would be silent for 20 s before that is taken for a sign
    const inbox = await Inbox.open(nats, 3, 10_000)
    await nats.jetstream().publish(commandSubject(3))
    const { messages } = await inbox.next(1)
    inbox.settle(messages)
    const waiting = inbox.next(1)
    await nats.request(`$JS.API.CONSUMER.LEADER.STEPDOWN.${COMMANDS_STREAM}.${consumerName(3)}`)
    await assert.rejects(waiting, /another leader/)
  })
})
