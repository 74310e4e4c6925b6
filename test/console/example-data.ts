import { nsupdate } from '../support/nsupdate.ts'
import type { ConsoleFixture } from './fixture.ts'

const FILE = `
$TTL 3600
@       SOA   ns1 hostmaster 2026112601 7200 3600 1209600 300
@       NS    ns1
@       NS    ns2
@       MX    10 mail
@       MX    20 mail.example.net.
@       TXT   "v=spf1 mx -all"
@       CAA   0 issue "ca.example.net"
ns1     A     192.0.2.1
ns1     AAAA  2001:db8::1
ns2     A     192.0.2.2
mail    A     192.0.2.25
www     CNAME web-1
web-1   A     192.0.2.80
web-1   AAAA  2001:db8::80
_sip._tcp SRV 0 5 5060 sip
sip     A     192.0.2.60
`

/** A zone with some work in it: updates that were accepted, some that changed nothing, some that were refused. */
export async function exampleData({ api, edge }: ConsoleFixture): Promise<void> {
  const key = await api.createKey('dhcp')
  await api.createZone('example.com', { file: FILE, allowUpdate: ['192.0.2.0/24'] })
  await api.post('/v1/zones/example.com/rules', {
    rules: ['grant dhcp. subdomain example.com. A AAAA TXT', 'grant dhcp. wildcard *.dyn.example.com. ANY'],
  })
  for (const name of ['home.example.net', 'lab.example.net', '2.0.192.in-addr.arpa'])
    await api.createZone(name, { allowUpdate: ['192.0.2.0/24'] })
  const server = { host: '127.0.0.1', port: edge.port }
  const signed = ['-y', `${key.algorithm}:${key.name}:${key.secret}`]
  for (let host = 1; host <= 6; host++)
    await nsupdate(server, `update add pc-${host}.example.com 300 A 192.0.2.${100 + host}`, ...signed)
  await nsupdate(server, 'update add pc-1.example.com 300 A 192.0.2.101', ...signed)
  await nsupdate(server, 'update delete pc-6.example.com A', ...signed)
  await nsupdate(server, 'update add mail.example.com 300 MX 10 evil.example.org.', ...signed)
}
