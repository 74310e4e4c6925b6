import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { nameOf } from '../../shared/dns/name.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import {
  type ClientSystem,
  createClientKey,
  knowsZones,
  startClientSystem,
} from '../support/client-system.ts'
import { digShort } from '../support/dig.ts'
import { addA, DnsClient } from '../support/dns-client.ts'
import type { ServerAddress } from '../support/nsupdate.ts'
import { transfer } from '../support/transfer.ts'
import { accepted } from './clients.ts'
import { until } from './patience.ts'
import { BIND, KNOT, NSD, SecondaryServer } from './secondaries.ts'

const ZONE = 'follow.example.'
const OUTSTANDING = 100
let clients: ClientSystem
let servers: SecondaryServer[]
let client: DnsClient
let host = 0

before(async () => {
  clients = await startClientSystem()
  const key = await createClientKey(clients.api, 'xfr')
  const primary = { server: clients.server, secret: key.secret, zone: ZONE.slice(0, -1) }
  servers = await Promise.all([BIND, KNOT, NSD].map((kind) => SecondaryServer.configured(kind, primary)))
  await clients.api.createZone(ZONE, {
    // on a busy machine a transfer may fail; then they ask again after 5 s, and not after ten minutes
    file: `$ORIGIN ${ZONE}\n@ 3600 SOA ns1 hostmaster 1 3600 5 1209600 300\n@ NS ns1\nns1 A 127.0.0.1\n$GENERATE 1-2000 host-$ 300 A 10.0.0.1\n`,
    allowUpdate: ['127.0.0.0/8'],
    allowTransfer: ['xfr', 'ip:127.0.0.1'],
    notify: servers.map(({ address }) => `xfr+${address.host}:${address.port}`),
  })
  await knowsZones(clients.edge, 1)
  client = await DnsClient.to(clients.edge.port)
  await Promise.all(servers.map((server) => server.start()))
})
after(async () => {
  client?.close()
  await Promise.all((servers ?? []).map((server) => server.stop()))
  await clients.system.close()
})

/** Each adds a host. */
async function makeUpdates(count: number): Promise<void> {
  const one = async () => {
    await accepted(client, { zone: ZONE, updates: [addA(`new-${host++}.${ZONE}`, '192.0.2.1')] })
  }
  const chain = async () => {
    for (let left = count / OUTSTANDING; left > 0; left--) await one()
  }
  await Promise.all(Array.from({ length: OUTSTANDING }, chain))
}

const serialAt = async (server: ServerAddress) =>
  Number((await digShort(server, ZONE, 'SOA'))[0]?.split(' ')[2])
const zoneAt = async (server: ServerAddress) =>
  (await transfer(server, nameOf(ZONE))).map(recordToText).sort()

async function allFollow(): Promise<void> {
  const serial = await serialAt(clients.server)
  for (const server of servers) {
    const { address, kind } = server
    const follows = until(
      `${kind.program} has serial ${serial}`,
      async () => (await serialAt(address)) === serial,
    )
    await follows.catch(({ message }: Error) => assert.fail(`${message}:\n${server.log}`))
  }
  const wanted = await zoneAt(clients.server)
  for (const { address, kind } of servers) assert.deepEqual(await zoneAt(address), wanted, kind.program)
}

async function offFor(updates: number): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()))
  await makeUpdates(updates)
}

const timesForgotten = () => servers.reduce((sum, server) => sum + server.forgotten, 0)

async function transfersByForm(): Promise<Record<string, number>> {
  const metrics = await (await fetch(`http://127.0.0.1:${clients.edge.httpPort}/metrics`)).text()
  const lines = metrics.matchAll(
    /^zonelog_edge_transfers_total\{form="([^"]+)",outcome="complete"\} (\d+)$/gm,
  )
  return Object.fromEntries([...lines].map(([, form, count]) => [form!, Number(count)]))
}

describe('BIND, Knot and NSD, configured as docs/transfers.md says', () => {
  it('follow 1,000 updates by NOTIFY and IXFR alone', async () => {
    for (const { address } of servers)
      await until(`${address.host} has the zone`, async () => (await serialAt(address)) === 1)
    const { axfr: first } = await transfersByForm()
    assert.equal(first, servers.length, 'each fetched the whole zone once')
    await makeUpdates(1_000)
    await allFollow()
    const forms = await transfersByForm()
    // this test's own comparison is an AXFR
    assert.equal(forms.axfr, servers.length + 1)
    assert.equal(forms['ixfr-whole'], 0)
    assert.ok((forms['ixfr-condensed'] ?? 0) >= servers.length, JSON.stringify(forms))
    const [, knot] = servers
    assert.match(knot!.log, /IXFR, incoming, .*finished/)
  })

  it('follow a restore as a change like any other', async () => {
    const before = await transfersByForm()
    const { added, removed } = (await clients.api.post(`/v1/zones/${ZONE}/restore`, { serial: 1 })) as {
      added: number
      removed: number
    }
    assert.deepEqual([removed, added], [1_000, 0])
    await allFollow()
    const forms = await transfersByForm()
    assert.equal(forms['ixfr-whole'], 0)
    assert.equal(forms.axfr, before.axfr! + 1, "but for this test's own comparison nothing was fetched whole")
  })

  it('are known by what they have and what they acknowledged', async () => {
    const serial = await serialAt(clients.server)
    await until('all have acknowledged', async () => {
      const { secondaries } = await clients.api.get(`/v1/zones/${ZONE}/secondaries`)
      return (secondaries as { acknowledged: number; serial: number; failures: number }[]).every(
        (one) => one.acknowledged === serial && one.serial === serial && one.failures === 0,
      )
    })
    const { secondaries } = await clients.api.get(`/v1/zones/${ZONE}/secondaries`)
    assert.equal(secondaries.length, servers.length)
  })

  it('may be off for 10,000 updates', async () => {
    await offFor(10_000)
  })

  it('catch up with them by IXFR', async () => {
    for (let forgotten = 0; ; ) {
      const before = await transfersByForm()
      await Promise.all(servers.map((server) => server.start()))
      await makeUpdates(200)
      await allFollow()
      const forms = await transfersByForm()
      assert.equal(forms['ixfr-whole'], 0)
      // one that says itself that it has forgotten what it had can but ask for everything; all of them are off once more then
      if (timesForgotten() > forgotten) {
        forgotten = timesForgotten()
        await offFor(10_000)
        continue
      }
      assert.equal(forms.axfr, before.axfr! + 1, servers.map(({ log }) => log).join('\n'))
      assert.ok(forms['ixfr-condensed']! >= before['ixfr-condensed']! + servers.length)
      return
    }
  })
})
