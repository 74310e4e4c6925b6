import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { commitBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import { Publisher } from '../../services/zone-writer/publish/publisher.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { commandOf } from '../support/command.ts'
import { addA, DnsClient, update } from '../support/dns-client.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

describe('an event that is too large for a NATS message', () => {
  let system: TestSystem
  let client: DnsClient
  let zoneId: number

  before(async () => {
    const { system: started, api, edge } = await TestSystem.start()
    system = started
    zoneId = (await api.createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })).id
    client = await DnsClient.to(edge.port)
    await until(
      'the edge holds the zone',
      async () => (await client.query('ns1.example.com.', 'A')).length === 1,
    )
  })
  after(async () => {
    client?.close()
    await system?.close()
  })

  it('is announced by a notice, and edges fetch it', async (context) => {
    const nats = await connectNats(system.nats.url, 'test', silentLogger())
    context.after(() => nats.close())
    const publisher = new Publisher(nats, silentLogger(), 64)
    const command = commandOf(zoneId, update({ updates: [addA('large.example.com.', '192.0.2.1')] }))
    const { events } = await commitBatch(system.commits, [{ command, queuedAt: Date.now() }], Date.now)
    await publisher.publish(events)
    assert.equal(publisher.confirmed.of(zoneId)?.to, 2, 'the stream has it')
    await until(
      'the edge serves it',
      async () => (await client.query('large.example.com.', 'A')).length === 1,
    )
  })
})
