import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { AdminApi } from '../support/admin-api.ts'
import { addA, DnsClient, update } from '../support/dns-client.ts'
import { historyIsWhole } from '../support/history.ts'
import { freePort } from '../support/infrastructure.ts'
import { ServiceProcess } from '../support/service-process.ts'
import { decoded } from '../support/spec.ts'
import { TestSystem } from '../support/system.ts'

const UPDATES = 1_000

describe('P1, P2, P5 and P6 when the writer is killed with updates in flight', () => {
  let system: TestSystem

  before(async () => {
    system = await TestSystem.prepare()
  })
  after(() => system?.close())

  async function startWriter(): Promise<{ process: ServiceProcess; api: AdminApi }> {
    const port = await freePort()
    const environment = { ...system.environment, ZONELOG_API_LISTEN: `127.0.0.1:${port}` }
    const process = await new ServiceProcess('writer', environment).ready(port)
    return { process, api: AdminApi.withTokenFile(`http://127.0.0.1:${port}`, `${system.dataDir}/api-token`) }
  }

  it('every NOERROR is in Postgres exactly once, every update has one event, and folding gives the RRsets', async () => {
    const first = await startWriter()
    const { id: zoneId } = await first.api.createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })
    const edge = await system.edge()
    const clients = await Promise.all(Array.from({ length: 100 }, () => DnsClient.to(edge.port)))
    let settled = 0
    const { promise: halfway, resolve: isHalfway } = Promise.withResolvers<void>()

    /** As nsupdate: the same octets again after a while, until there is an answer. */
    const send = async (client: DnsClient, name: string): Promise<string> => {
      const message = update({ updates: [addA(name, '192.0.2.1')] })
      for (let attempt = 0; attempt < 8; attempt++) {
        const rcode = await client.rcode(message, 3_000)
        if (rcode === 'silence') continue
        settled += 1
        if (settled === UPDATES / 4) isHalfway()
        return rcode
      }
      return 'silence'
    }
    const names = Array.from({ length: UPDATES }, (_, index) => `k${index}.example.com.`)
    const outcomes = new Map<string, string>()
    const load = Promise.all(
      clients.map(async (client, index) => {
        for (let each = index; each < names.length; each += clients.length)
          outcomes.set(names[each]!, await send(client, names[each]!))
      }),
    )
    await halfway
    await first.process.kill()
    const second = await startWriter()
    await load

    const events = await historyIsWhole(system, zoneId)
    const eventsOf = Map.groupBy(
      events.filter((event) => event.kind === 'update'),
      (event) => decoded(event.message).authorities[0]!.name as string,
    )
    for (const name of names) {
      assert.equal(
        outcomes.get(name),
        'NOERROR',
        `${name}: nothing was answered with an error, and everything in the end`,
      )
      // an update that waited past its deadline was recorded as such, and its re-send decided anew
      const decided = eventsOf.get(name)!.filter((event) => event.reason !== 'expired')
      assert.equal(decided.length, 1, `${name} has one event`)
      assert.equal(decided[0]!.reason, 'applied')
    }
    const { rows } = await system.db
      .selectFrom('rrset')
      .select('owner')
      .where('owner', 'like', 'k%.example.com.')
      .execute()
      .then((rows) => ({ rows }))
    assert.equal(rows.length, UPDATES)
    for (const client of clients) client.close()
    assert.equal(await second.process.stop(), 0)
  })
})
