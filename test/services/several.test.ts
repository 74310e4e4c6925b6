import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { AdminApi } from '../support/admin-api.ts'
import { addA, DnsClient, update } from '../support/dns-client.ts'
import { historyIsWhole } from '../support/history.ts'
import { freePort } from '../support/infrastructure.ts'
import { ServiceProcess } from '../support/service-process.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

interface Started {
  readonly process: ServiceProcess
  readonly port: number
  readonly httpPort: number
}

describe('two edges and two writers, started by hand, on one Postgres and NATS', () => {
  let system: TestSystem
  let writers: Started[]
  let edges: Started[]
  let clients: DnsClient[]
  let zoneId: number

  before(async () => {
    system = await TestSystem.prepare()
    writers = [await start('writer'), await start('writer')]
    await until('each writer has its fair share', async () => {
      const shares = await Promise.all(writers.map((writer) => apiOf(writer).partitions()))
      return shares.every((share) => share.length === 8)
    })
    const zones = await Promise.all(
      ['example.com', 'example.net', 'example.org', 'example.edu'].map((name) =>
        apiOf(writers[1]!).createZone(name, { allowUpdate: ['127.0.0.0/8'] }),
      ),
    )
    zoneId = zones[0]!.id
    edges = [await start('edge'), await start('edge')]
    clients = await Promise.all(edges.map(({ port }) => DnsClient.to(port)))
  })

  after(async () => {
    for (const client of clients ?? []) client.close()
    for (const { process } of [...(edges ?? []), ...(writers ?? [])]) await process.stop()
    await system?.close()
  })

  async function start(command: 'edge' | 'writer'): Promise<Started> {
    const [port, httpPort] = [await freePort(), await freePort()]
    const listen: Record<string, string> =
      command === 'writer'
        ? { ZONELOG_API_LISTEN: `127.0.0.1:${httpPort}` }
        : { ZONELOG_DNS_LISTEN: `127.0.0.1:${port}`, ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${httpPort}` }
    const process = await new ServiceProcess(command, { ...system.environment, ...listen }).ready(httpPort)
    return { process, port, httpPort }
  }

  const apiOf = (writer: Started) =>
    AdminApi.withTokenFile(`http://127.0.0.1:${writer.httpPort}`, `${system.dataDir}/api-token`)

  it('an update through either edge is served by both', async () => {
    for (const [index, zone] of ['example.com.', 'example.net.', 'example.org.', 'example.edu.'].entries()) {
      const [through, other] = index % 2 === 0 ? clients : clients.toReversed()
      assert.equal(
        await through!.rcode(update({ zone, updates: [addA(`www.${zone}`, '192.0.2.1')] })),
        'NOERROR',
      )
      assert.deepEqual(await through!.query(`www.${zone}`, 'A'), ['192.0.2.1'])
      await until(
        `the other edge serves ${zone}`,
        async () => (await other!.query(`www.${zone}`, 'A')).length === 1,
      )
    }
  })

  it('when a writer is killed, the other takes its partitions over and updates go on', async () => {
    await writers[0]!.process.kill()
    for (const zone of ['example.com.', 'example.net.', 'example.org.', 'example.edu.']) {
      const message = update({ zone, updates: [addA(`after.${zone}`, '192.0.2.2')] })
      await until(`${zone} is updated`, async () => (await clients[0]!.rcode(message, 3_000)) === 'NOERROR')
    }
    assert.equal((await apiOf(writers[1]!).partitions()).length, 16)
    await historyIsWhole(system, zoneId)
  })

  it('an edge ends in order when it is asked to', async () => {
    assert.equal(await edges[1]!.process.stop(), 0)
    assert.equal(
      await clients[0]!.rcode(update({ updates: [addA('last.example.com.', '192.0.2.3')] })),
      'NOERROR',
    )
  })
})
