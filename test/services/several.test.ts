import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import type { StatusJson as Status } from '../../services/zone-writer/api/routes/status.ts'
import type { OverviewJson } from '../../services/zone-writer/overview/overview.ts'
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

describe('two edges and three writers, started by hand, on one Postgres and NATS', () => {
  let system: TestSystem
  let writers: Started[]
  let edges: Started[]
  let clients: DnsClient[]
  let zoneId: number

  before(async () => {
    system = await TestSystem.prepare()
    writers = [await start('writer'), ...(await Promise.all([start('writer'), start('writer')]))]
    await until('each writer has its fair share', async () => {
      const shares = await Promise.all(writers.map((writer) => apiOf(writer).partitions()))
      return shares.every((share) => share.length >= 4) && shares.flat().length === 16
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

  /** What the overview of a writer counts. */
  const hourOf = async (writer: Started) => {
    const { minutes } = (await apiOf(writer).get('/v1/overview')) as OverviewJson
    const sum = (what: 'applied' | 'unchanged' | 'refused') =>
      minutes.reduce((total, minute) => total + minute[what], 0)
    return { applied: sum('applied'), unchanged: sum('unchanged'), refused: sum('refused') }
  }

  const updates = async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from zone_event where kind = 'update'`.execute(system.db)
    return rows[0]!.count
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

  it('each writer knows which of them works for what, and counts what all of them decided', async () => {
    for (const { writers: known, missing, partitions } of await Promise.all(
      writers.map((writer) => apiOf(writer).get('/v1/status') as Promise<Status>),
    )) {
      assert.equal(known?.length, 3)
      assert.deepEqual(missing, [])
      assert.equal(new Set(partitions.map(({ writer }) => writer)).size, 3)
      assert.ok(partitions.every(({ isHeld, since, waiting }) => isHeld && since && waiting === 0))
    }
    const counts = await Promise.all(writers.map(hourOf))
    assert.deepEqual(counts, Array(3).fill({ applied: await updates(), unchanged: 0, refused: 0 }))
    await until('the counts are where they outlive a writer', async () => {
      const { rows } = await sql<{ count: number }>`
        select coalesce(sum(applied), 0)::bigint as count from writer_minute`.execute(system.db)
      return rows[0]!.count === (await updates())
    })
  })

  it('when a writer is killed, the others take its partitions over and updates go on', async () => {
    await writers[0]!.process.kill()
    for (const zone of ['example.com.', 'example.net.', 'example.org.', 'example.edu.']) {
      const message = update({ zone, updates: [addA(`after.${zone}`, '192.0.2.2')] })
      await until(`${zone} is updated`, async () => (await clients[0]!.rcode(message, 3_000)) === 'NOERROR')
    }
    const shares = await Promise.all(writers.slice(1).map((writer) => apiOf(writer).partitions()))
    assert.equal(shares.flat().length, 16)
    await historyIsWhole(system, zoneId)
  })

  it('a writer that is gone is missed, and what it decided is counted on', async () => {
    const statusOf = async () => (await apiOf(writers[1]!).get('/v1/status')) as Status
    // what runs is looked up once a moment, whoever asks
    await until('it is missed', async () => {
      const { writers: known, missing } = await statusOf()
      return known?.length === 2 && missing.length === 1
    })
    const { missing, partitions } = await statusOf()
    assert.match(missing[0]!.listens, new RegExp(`:${writers[0]!.httpPort}$`))
    assert.ok(partitions.every(({ isHeld, writer }) => isHeld && writer !== missing[0]!.id))
    // what was counted a moment ago is told again
    await until('it is counted on', async () => (await hourOf(writers[2]!)).applied === (await updates()))
  })

  it('an edge ends in order when it is asked to', async () => {
    assert.equal(await edges[1]!.process.stop(), 0)
    assert.equal(
      await clients[0]!.rcode(update({ updates: [addA('last.example.com.', '192.0.2.3')] })),
      'NOERROR',
    )
  })
})
