import { Class, Type } from '../../shared/dns/codes.ts'
import { type Name, nameOf } from '../../shared/dns/name.ts'
import { rdataFromText } from '../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { record } from './policy-lists.ts'

// Where the same rules do not say the same to both servers, and rare cases in which they do. Each has a zone of its own.

export interface PolicyCase {
  readonly title: string
  /** Why zonelog does what it does; of a difference only. */
  readonly because?: string
  readonly zone: Name
  readonly ours: readonly string[]
  readonly bind: readonly string[]
  readonly key: Name | undefined
  readonly tcp?: boolean
  readonly updates: readonly ResourceRecord[]
  /** What zonelog says, then BIND; one where they agree. */
  readonly rcodes: readonly [string] | readonly [string, string]
}

export const PLAIN = nameOf('plain.')
const REVERSE = nameOf('0.0.127.in-addr.arpa.')
const OWN_REVERSE = nameOf('1.0.0.127.in-addr.arpa.')
const SIX_TO_FOUR = nameOf('ip6.arpa.')
const OWN_SIX_TO_FOUR = nameOf('1.0.0.0.0.0.f.7.2.0.0.2.ip6.arpa.')

const zoneNamed = (label: string): Name => nameOf(`${label}.policy.example.`)
const ptr = (name: Name): ResourceRecord => record(name, Type.PTR, Class.IN, 60, target('host.example.net.'))
const a = (name: string): ResourceRecord =>
  record(nameOf(name), Type.A, Class.IN, 60, Uint8Array.of(192, 0, 2, 1))

function target(text: string): Uint8Array {
  const rdata = rdataFromText(Type.PTR, text)
  if (!rdata.ok) throw new Error(rdata.reason)
  return rdata.value
}

export const POLICY_DIFFERENCES: readonly PolicyCase[] = [
  {
    title: 'all of the apex is deleted by a key that a rule without types grants',
    because:
      'SOA and NS stay whoever asks (RFC 2136 §3.4.2.3), so nobody needs a right to them; BIND asks for one',
    zone: zoneNamed('apex'),
    ours: ['grant plain zonesub'],
    bind: ['grant plain zonesub;'],
    key: PLAIN,
    updates: [record(zoneNamed('apex'), Type.ANY, Class.ANY)],
    rcodes: ['NOERROR', 'REFUSED'],
  },
  {
    title: 'a PTR is deleted where there is none, by a key that may not',
    because: 'what is not granted is refused whatever the zone holds, or a stranger could ask what it holds',
    zone: zoneNamed('ptr'),
    ours: ['grant plain zonesub A'],
    bind: ['grant plain zonesub A;'],
    key: PLAIN,
    updates: [record(nameOf('none.ptr.policy.example.'), Type.PTR, Class.ANY)],
    rcodes: ['REFUSED', 'NOERROR'],
  },
  {
    title: 'a message without updates, by a key that no rule grants anything',
    because: 'strangers are refused before anything of the zone is looked at',
    zone: zoneNamed('stranger'),
    ours: ['grant other.plain zonesub'],
    bind: ['grant other.plain zonesub;'],
    key: PLAIN,
    updates: [],
    rcodes: ['REFUSED', 'NOERROR'],
  },
  {
    title: 'a record of another zone, then one that no rule grants',
    because: 'RFC 2136 §3.3 comes before §3.4.1; BIND looks at both, record by record',
    zone: zoneNamed('order'),
    ours: ['grant plain zonesub TXT'],
    bind: ['grant plain zonesub TXT;'],
    key: PLAIN,
    updates: [a('outside.example.'), a('host.order.policy.example.')],
    rcodes: ['REFUSED', 'NOTZONE'],
  },
]

const reverse = {
  ours: ['grant * tcp-self . PTR'],
  bind: ['grant * tcp-self . PTR;'],
  zone: REVERSE,
} as const

export const POLICY_AGREED: readonly PolicyCase[] = [
  {
    ...reverse,
    title: 'tcp-self at the own reverse name, over TCP',
    key: undefined,
    tcp: true,
    updates: [ptr(OWN_REVERSE)],
    rcodes: ['NOERROR'],
  },
  {
    ...reverse,
    title: 'tcp-self, signed by whatever key',
    key: PLAIN,
    tcp: true,
    updates: [record(OWN_REVERSE, Type.PTR, Class.ANY)],
    rcodes: ['NOERROR'],
  },
  {
    ...reverse,
    title: 'tcp-self over UDP',
    key: undefined,
    updates: [ptr(OWN_REVERSE)],
    rcodes: ['REFUSED'],
  },
  {
    ...reverse,
    title: "tcp-self at another's reverse name",
    key: undefined,
    tcp: true,
    updates: [ptr(nameOf('2.0.0.127.in-addr.arpa.'))],
    rcodes: ['REFUSED'],
  },
  {
    title: 'a message without updates, by a key that some rule grants something',
    zone: zoneNamed('empty'),
    ours: ['grant plain name x A'],
    bind: ['grant plain name x.empty.policy.example. A;'],
    key: PLAIN,
    updates: [],
    rcodes: ['NOERROR'],
  },
  {
    title: '6to4-self at the name of the own IPv4 address, over TCP',
    zone: SIX_TO_FOUR,
    ours: ['grant * 6to4-self . NS'],
    bind: ['grant * 6to4-self . NS;'],
    key: undefined,
    tcp: true,
    updates: [record(OWN_SIX_TO_FOUR, Type.NS, Class.IN, 60, target('ns.example.net.'))],
    rcodes: ['NOERROR'],
  },
]
