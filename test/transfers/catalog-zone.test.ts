import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { nameOf } from '../../shared/dns/name.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import { runCli } from '../cli/run-cli.ts'
import { type ClientSystem, createClientKey, startClientSystem } from '../support/client-system.ts'
import { digShort } from '../support/dig.ts'
import { historyIsWhole } from '../support/history.ts'
import { transfer } from '../support/transfer.ts'
import { until } from './patience.ts'
import { BIND, KNOT, SecondaryServer } from './secondaries.ts'

const CATALOG = 'catalog.invalid.'
let clients: ClientSystem
let catalogId: number
let servers: SecondaryServer[]
let access: { allowTransfer: string[]; notify: string[] }

before(async () => {
  clients = await startClientSystem()
  const key = await createClientKey(clients.api, 'xfr')
  const primary = { server: clients.server, secret: key.secret, zone: CATALOG.slice(0, -1) }
  servers = await Promise.all([
    SecondaryServer.configured(BIND, primary, 'named-catalog.conf'),
    SecondaryServer.configured(KNOT, primary, 'knot-catalog.conf'),
  ])
  const notify = servers.map(({ address }) => `xfr+${address.host}:${address.port}`)
  access = { allowTransfer: ['xfr', '127.0.0.1'], notify }
  await clients.api.createZone('before.example', access)
  ;({ id: catalogId } = (await clients.api.post('/v1/zones', {
    name: CATALOG,
    isCatalog: true,
    ...access,
  })) as { id: number })
})
after(async () => {
  await Promise.all((servers ?? []).map((server) => server.stop()))
  await clients.system.close()
})

const members = async () => {
  const lines = (await transfer(clients.server, nameOf(CATALOG))).map(recordToText)
  return lines
    .filter((line) => line.includes('.zones.'))
    .map((line) => line.replaceAll(/\s+/g, ' '))
    .sort()
}
const listed = (zone: string) => async () => (await members()).some((line) => line.endsWith(` PTR ${zone}`))

describe('RFC 9432 catalog zones', () => {
  it('§4.1, 4.2: have an SOA, NS invalid., version 2, and a PTR for each zone that there is', async () => {
    await until('the edge has the catalog', () =>
      members().then(
        (all) => all.length === 1,
        () => false,
      ),
    )
    const lines = (await transfer(clients.server, nameOf(CATALOG))).map((one) =>
      recordToText(one).replaceAll(/\s+/g, ' '),
    )
    assert.ok(lines.includes(`${CATALOG} 0 IN NS invalid.`), lines.join('\n'))
    assert.ok(lines.includes(`version.${CATALOG} 0 IN TXT "2"`))
    assert.match((await members())[0]!, /^z\d+\.zones\.catalog\.invalid\. 0 IN PTR before\.example\.$/)
  })

  it('follow zones as they are created, grouped, left out and deleted; labels are stable, and new for a new zone', async () => {
    await clients.api.createZone('group.example', { ...access, catalogGroup: 'signed' })
    await until('it is listed', listed('group.example.'))
    const first = (await members()).find((line) => line.endsWith('group.example.'))!
    const label = first.split(' ')[0]!
    assert.ok((await members()).includes(`group.${label} 0 IN TXT "signed"`))
    const set = (transfers: object) => clients.api.patch('/v1/zones/group.example', { transfers })
    await set({ catalog: 'none' })
    await until('it is not listed', async () => !(await listed('group.example.')()))
    await set({ catalog: CATALOG, catalogGroup: '' })
    await until('it is listed again', async () => (await members()).includes(first))
    assert.equal((await members()).length, 2)
    await clients.api.delete('/v1/zones/group.example')
    await clients.api.createZone('group.example', access)
    await until(
      'the new one is listed',
      async () => (await listed('group.example.')()) && !(await members()).includes(first),
    )
    await historyIsWhole(clients.system, catalogId, nameOf(CATALOG))
  })

  it('take no file and no updates, and are named only where they are', async () => {
    const refused = async (body: object) => {
      const response = await clients.api.fetch('/v1/zones', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return `${response.status} ${((await response.json()) as { code: string }).code}`
    }
    assert.equal(
      await refused({ name: 'other.invalid', isCatalog: true, allowUpdate: ['10.0.0.0/8'] }),
      '422 bad-transfer',
    )
    assert.equal(await refused({ name: 'x.example', catalog: 'before.example' }), '422 bad-transfer')
  })

  it('let BIND and Knot, configured as docs/transfers.md says, pick up new zones and drop deleted ones', async () => {
    await Promise.all(servers.map((server) => server.start()))
    const has = (server: SecondaryServer, zone: string) => async () =>
      (await digShort(server.address, zone, 'SOA')).length === 1
    for (const server of servers) await until(`${server.kind.program} has it`, has(server, 'before.example'))
    await clients.api.createZone('after.example', access)
    for (const server of servers) await until(`${server.kind.program} has it`, has(server, 'after.example'))
    await clients.api.delete('/v1/zones/before.example')
    for (const server of servers)
      await until(
        `${server.kind.program} has dropped it`,
        async () => !(await has(server, 'before.example')()),
      )
  })
})

describe('zone delete', () => {
  it('needs --yes; then every edge drops the zone, and its history stays', async () => {
    const { id } = await clients.api.createZone('gone.example', access)
    await until(
      'it is served',
      async () => (await digShort(clients.server, 'gone.example', 'SOA')).length === 1,
    )
    const { url, token } = clients.api
    const environment = { ZONELOG_API_URL: url, ZONELOG_API_TOKEN: token }
    const asked = await runCli(['zone', 'delete', 'gone.example'], environment)
    assert.equal(asked.status, 2)
    assert.match(asked.err, /Nothing was deleted/)
    const deleted = await runCli(['zone', 'delete', 'gone.example', '--yes'], environment)
    assert.equal(deleted.status, 0, deleted.err)
    await until(
      'it is dropped',
      async () => (await digShort(clients.server, 'gone.example', 'SOA')).length === 0,
      5_000,
    )
    const again = await runCli(['zone', 'delete', 'gone.example', '--yes'], environment)
    assert.match(again.err, /There is no zone gone\.example\./)
    const events = await historyIsWhole(clients.system, id, nameOf('gone.example.'))
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['create', 'delete'],
    )
  })
})
