import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { NatsConnection } from 'nats'
import { Inbox } from '../../services/zone-writer/consume/inbox.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { ensureStreams } from '../../shared/messaging/streams.ts'
import {
  COMMANDS_STREAM,
  commandSubject,
  consumerName,
  leaderSubject,
} from '../../shared/messaging/subjects.ts'
import { Guard } from '../faults/deployment/guard.ts'
import { NatsCluster } from '../faults/deployment/nats-cluster.ts'
import { temporaryFolder } from '../support/infrastructure.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
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

  /** A connection on which what the servers say of consumers goes through `alter`. */
  async function through(t: TestContext, alter: (octets: Buffer) => Buffer): Promise<NatsConnection> {
    const [first] = cluster.nodes
    const proxy = await TcpProxy.to(first!.port)
    t.after(() => proxy.close())
    proxy.alter = alter
    const far = await connectNats(proxy.reroute(cluster.url.split(',')[0]!), 'test', log)
    t.after(() => far.close())
    return far
  }

  const withoutLeader = (octets: Buffer) =>
    Buffer.from(octets.toString('latin1').replaceAll('"leader":', '"nobody":'), 'latin1')

  async function givenOf(inbox: Inbox): Promise<number[]> {
    const { messages } = await inbox.next(1)
    inbox.settle(messages)
    return messages.map(({ seq }) => seq)
  }

  it('is asked at once when another server leads it, which does not know what the one before was asked', async () => {
    // its silence would be noticed after 20 s
    const inbox = await Inbox.open(nats, 3, 10_000)
    const js = nats.jetstream()
    // anybody may say so whom NATS lets
    for (const nonsense of ['no JSON', 'null', '{}']) nats.publish(leaderSubject(3), nonsense)
    for (let time = 0; time < 3; time++) {
      const { seq } = await js.publish(commandSubject(3))
      assert.deepEqual(await givenOf(inbox), [seq])
      await nats.request(`$JS.API.CONSUMER.LEADER.STEPDOWN.${COMMANDS_STREAM}.${consumerName(3)}`)
    }
    inbox.close()
  })

  it('is not taken for made before one of its servers leads it, when nobody says that it was made', async (t) => {
    let looks = 0
    const far = await through(t, (octets) => {
      if (octets.includes('consumer_create_response')) return Buffer.alloc(0)
      return octets.includes('consumer_info_response') && ++looks <= 3 ? withoutLeader(octets) : octets
    })
    const inbox = await Inbox.open(far, 5)
    assert.ok(looks > 3, `${looks} looks`)
    const { seq } = await nats.jetstream().publish(commandSubject(5))
    assert.deepEqual(await givenOf(inbox), [seq])
    inbox.close()
  })

  it('is asked for again when the cluster had nobody to hear it', async (t) => {
    let answers = 0
    const far = await through(t, (octets) => {
      if (octets.includes('consumer_create_response')) return ++answers === 1 ? Buffer.alloc(0) : octets
      return octets.includes('consumer_info_response') && answers < 2 ? withoutLeader(octets) : octets
    })
    const inbox = await Inbox.open(far, 6)
    assert.ok(answers >= 2, `${answers} answers`)
    inbox.close()
  })
})
