import { setTimeout as delay } from 'node:timers/promises'
import { nameOf } from '../shared/dns/name.ts'
import { createClientKey, knowsZones, startClientSystem } from '../test/support/client-system.ts'
import { digShort } from '../test/support/dig.ts'
import { addA, DnsClient, update } from '../test/support/dns-client.ts'
import type { ServerAddress } from '../test/support/nsupdate.ts'
import { transfer } from '../test/support/transfer.ts'
import { BIND, KNOT, SecondaryServer } from '../test/transfers/secondaries.ts'

// `npm run bench -- transfers [RECORDS]`: how fast a large zone goes out by AXFR, from zonelog, and from BIND and Knot that took it from
// zonelog, to the same client on the same machine; and how long a change takes to be served by BIND and Knot.

const RECORDS = Number(process.argv[2] ?? 1_000_000)
const CHANGES = 50
const ZONE = 'big.example.'

const clients = await startClientSystem()
const key = await createClientKey(clients.api, 'xfr')
const primary = { server: clients.server, secret: key.secret, zone: ZONE.slice(0, -1) }
const servers = await Promise.all([BIND, KNOT].map((kind) => SecondaryServer.configured(kind, primary)))
const generate = `$GENERATE 1-${RECORDS} host-$ 300 A 10.0.0.1\n`
await clients.api.createZone(ZONE, {
  file: `$ORIGIN ${ZONE}\n@ 3600 SOA ns1 hostmaster 1 3600 600 1209600 300\n@ NS ns1\nns1 A 127.0.0.1\n${generate}`,
  allowUpdate: ['127.0.0.0/8'],
  allowTransfer: ['127.0.0.0/8'],
  notify: servers.map(({ address }) => `xfr+${address.host}:${address.port}`),
})
await knowsZones(clients.edge, 1)
console.log(`${RECORDS.toLocaleString('en')} records`)

await measure('zonelog, first (its edge fetches the zone)', clients.server)
await measure('zonelog', clients.server)
for (const server of servers) {
  const began = performance.now()
  await server.start()
  await untilSerial(server.address, 1)
  console.log(`${server.kind.program} has the zone after ${seconds(began)} s`)
  await measure(server.kind.program, server.address)
}

const client = await DnsClient.to(clients.edge.port)
const latencies = new Map(servers.map((server) => [server.kind.program, [] as number[]]))
for (let change = 0; change < CHANGES; change++) {
  const began = performance.now()
  await client.rcode(update({ zone: ZONE, updates: [addA(`new-${change}.${ZONE}`, '192.0.2.1')] }))
  await Promise.all(
    servers.map(async ({ address, kind }) => {
      await untilSerial(address, change + 2)
      latencies.get(kind.program)!.push(performance.now() - began)
    }),
  )
  await delay(600) // longer than changes are gathered for
}
for (const [program, all] of latencies) {
  const sorted = all.sort((a, b) => a - b)
  console.log(
    `change to ${program}: median ${Math.round(sorted[all.length >> 1]!)} ms, most ${Math.round(sorted.at(-1)!)} ms`,
  )
}
client.close()
await Promise.all(servers.map((server) => server.stop()))
await clients.system.close()
process.exit(0)

async function measure(what: string, server: ServerAddress): Promise<void> {
  const began = performance.now()
  const records = await transfer(server, nameOf(ZONE))
  const rate = Math.round(records.length / ((performance.now() - began) / 1_000))
  console.log(
    `AXFR from ${what}: ${seconds(began)} s, ${rate.toLocaleString('en')} records/s (client included)`,
  )
}

async function untilSerial(server: ServerAddress, serial: number): Promise<void> {
  for (;;) {
    const [soa] = await digShort(server, ZONE, 'SOA').catch(() => [])
    if (Number(soa?.split(' ')[2]) >= serial) return
    await delay(20)
  }
}

function seconds(began: number): string {
  return ((performance.now() - began) / 1_000).toFixed(1)
}
