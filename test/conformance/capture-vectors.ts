import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { runCommand } from '../../services/local/run-command.ts'
import { knsupdate, nsupdate } from '../support/nsupdate.ts'
import { pythonPath } from '../support/programs.ts'

// By hand: `node test/conformance/capture-vectors.ts` prints what the clients on this machine send for each task of
// test/dns/vectors.ts, as hex. A message's id and a signature's time differ from run to run.

const KEY = 'hmac-sha256:laptop.keys.example:c2VjcmV0IG9mIHRoZSB2ZWN0b3JzLCAzMiBvY3RldHM='

const ZONE = 'zone example.com\n'
const NSUPDATE: readonly [title: string, commands: string, ...args: string[]][] = [
  [
    'each form of prerequisite',
    `${ZONE}prereq nxdomain new.example.com\nprereq yxdomain host.example.com
    prereq nxrrset host.example.com TXT\nprereq yxrrset host.example.com A
    prereq yxrrset host.example.com A 192.0.2.1\nprereq yxrrset host.example.com A 192.0.2.2`,
  ],
  [
    'each form of update',
    `${ZONE}update add new.example.com 300 A 192.0.2.3\nupdate delete host.example.com TXT
    update delete old.example.com\nupdate delete host.example.com A 192.0.2.1`,
  ],
  [
    'names inside RDATA',
    `${ZONE}update add example.com 300 MX 10 mail.example.com\nupdate add _s._tcp.example.com 300 SRV 0 0 443 Host.Example.COM
    update add w.example.com 300 SVCB 1 svc.example.com alpn=h2`,
  ],
  ['a name of any octets', `${ZONE}update add a\\.b\\000\\255.example.com 60 TXT "\\000\\255"`],
  [
    'a type without a name',
    `${ZONE}update add x.example.com 60 TYPE65280 \\# 3 010203\nupdate delete x.example.com TYPE65281`,
  ],
  ['nothing to do', `${ZONE}prereq yxdomain example.com`],
  ['a signature', `${ZONE}update add new.example.com 60 AAAA 2001:db8::1`, '-y', KEY],
]

const PYTHON = `
import sys, json, dns.update, dns.query, dns.tsig, dns.name, dns.edns
sys.modules["httpx"] = None
port = int(sys.argv[1])
def send(m):
    m.id = 0x1234
    try: dns.query.udp(m, "127.0.0.1", port=port, timeout=0.3)
    except Exception: pass
u = dns.update.UpdateMessage("example.com"); u.present("host"); u.present("host", "A"); u.present("host", "A", "192.0.2.1"); u.absent("new"); u.absent("host", "TXT"); send(u)
u = dns.update.UpdateMessage("example.com"); u.add("new", 300, "A", "192.0.2.3"); u.delete("host", "TXT"); u.delete("old"); u.delete("host", "A", "192.0.2.1"); u.replace("www", 60, "AAAA", "2001:db8::1"); send(u)
u = dns.update.UpdateMessage("example.com"); u.add("new", 300, "MX", "10 mail"); u.use_edns(0, payload=1232, options=[dns.edns.GenericOption(2, bytes.fromhex("00000e10"))]); send(u)
u = dns.update.UpdateMessage("example.com", keyring={dns.name.from_text("laptop.keys.example"): dns.tsig.Key("laptop.keys.example", "c2VjcmV0IG9mIHRoZSB2ZWN0b3JzLCAzMiBvY3RldHM=", "hmac-sha512")}); u.delete("old"); send(u)
`

const socket = createSocket('udp4')
socket.bind(0, '127.0.0.1')
await once(socket, 'listening')
const address = { host: '127.0.0.1', port: socket.address().port }
let title = ''
socket.on('message', (message, from) => {
  console.log(`${title}\n${message.toString('hex')}`)
  // NOERROR, without a body: enough for the client to be content, or to give up
  const answer = Buffer.concat([message.subarray(0, 2), Buffer.from('a8000000000000000000', 'hex')])
  socket.send(answer, from.port, from.address)
})
for (const [task, commands, ...args] of NSUPDATE) {
  title = `nsupdate: ${task}`
  await nsupdate(address, commands, ...args)
  title = `knsupdate: ${task}`
  await knsupdate(address, commands, ...args)
}
title = 'dnspython'
await runCommand(pythonPath(), ['-c', PYTHON, String(address.port)])
socket.close()
