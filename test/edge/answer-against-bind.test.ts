import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { CachedZone } from '../../services/edge/zones/cached-zone.ts'
import { type Name, nameOf, parentOf, ROOT } from '../../shared/dns/name.ts'
import { zoneFileLines } from '../../shared/dns/zone-file-text.ts'
import { freePort, temporaryFolder } from '../support/infrastructure.ts'
import { type Asked, ask, asked, queryBytes, zoneWith } from './answer-support.ts'

const NAMED = ['/usr/sbin/named', '/usr/local/sbin/named', '/opt/homebrew/sbin/named'].find((path) =>
  existsSync(path),
)
const QUERIES = 5_000
const TYPES = [
  'A',
  'A',
  'AAAA',
  'NS',
  'SOA',
  'MX',
  'TXT',
  'CNAME',
  'SRV',
  'DS',
  'DNAME',
  'PTR',
  'CAA',
  'ANY',
  'TYPE65280',
]

const zone = zoneWith(`
  @               MX     10 mail
  @               MX     20 mail.example.net.
  @               TXT    "v=spf1 -all"
  @               CAA    0 issue "ca.example.net"
  mail            A      192.0.2.2
  mail            AAAA   2001:db8::2
  www             A      192.0.2.3
  www             TXT    "one" "two"
  UPPER           A      192.0.2.4
  UPPER           MX     10 Mail
  odd             TYPE65280 \\# 3 010203
  alias           CNAME  www
  chain           CNAME  alias
  chain2          CNAME  chain
  loop1           CNAME  loop2
  loop2           CNAME  loop1
  out             CNAME  www.example.net.
  broken          CNAME  nothing
  nodata          CNAME  mail
  into            CNAME  host.sub
  intowild        CNAME  some.wild
  intoent         CNAME  b.c
  intodname       CNAME  www.old
  _sip._tcp       SRV    0 0 5060 www
  _sip._udp       SRV    0 0 5060 ns.sub
  a.b.c           A      192.0.2.5
  x.y.a.b.c       TXT    "deep"
  *.wild          A      192.0.2.6
  *.wild          MX     10 mail
  named.wild      TXT    "not the wildcard"
  under.named.wild A     192.0.2.7
  *.aliases       CNAME  www
  *.broken        CNAME  nothing
  *.loop          CNAME  x.loop
  deep.*.ent      A      192.0.2.8
  *.*.twice       A      192.0.2.9
  sub             NS     ns.sub
  sub             NS     ns.example.net.
  sub             DS     1 8 2 0000000000000000000000000000000000000000000000000000000000000000
  ns.sub          A      192.0.2.10
  host.sub        A      192.0.2.11
  *.sub           A      192.0.2.12
  deep.er         NS     ns1
  old             DNAME  new
  old             TXT    "owner of DNAME"
  www.new         A      192.0.2.13
  *.new           TXT    "wild under new"
  away            DNAME  example.net.
  again           DNAME  old
  many            A      192.0.2.20
  many            A      192.0.2.21
  many            A      192.0.2.22
  we\\.ird          A      192.0.2.23
  sp\\032ace       TXT    "x"
`)

class Bind {
  private readonly process: ChildProcess
  private readonly socket: Socket
  private readonly port: number

  constructor(port: number, config: string) {
    this.port = port
    this.process = spawn(NAMED!, ['-f', '-c', config, '-p', String(port)], { stdio: 'ignore' })
    this.socket = createSocket('udp4')
  }

  async ask(question: string): Promise<Asked> {
    for (let attempt = 0; attempt < 50; attempt++) {
      this.socket.send(queryBytes(question, { edns: { udpSize: 1232 } }), this.port, '127.0.0.1')
      const answer = await Promise.race([once(this.socket, 'message'), delay(200)])
      if (answer !== undefined) return asked(answer[0] as Buffer)
    }
    throw new Error('named does not answer')
  }

  stop(): void {
    this.socket.close()
    this.process.kill('SIGKILL')
  }
}

/** The same numbers in every run. */
function* numbers(): Generator<number, never> {
  for (let state = 20_261_122; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state / 2 ** 32
  }
}

/** Names of the zone, above, below and beside them. */
function* questions(of: CachedZone, count: number): Generator<string> {
  const owners = new Set<Name>([...of.rrsets()].map(({ name }) => nameOf(name)))
  for (const owner of owners) {
    const parent = parentOf(owner)
    if (parent !== undefined && parent !== ROOT) owners.add(parent)
  }
  const names = [...owners]
  const random = numbers()
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next().value * from.length)]!
  for (let index = 0; index < count; index++) {
    const name = pick(names)
    const labels = pick(['', '', '', 'x.', 'www.', 'host.', '*.', 'x.y.', 'WWW.', 'x.*.'])
    yield `${labels}${name} ${pick(TYPES)}`
  }
}

describe('the same as BIND for the same zone', {
  skip: NAMED === undefined && 'named is not installed',
}, () => {
  let bind: Bind

  before(async () => {
    const folder = temporaryFolder('named')
    writeFileSync(join(folder, 'zone'), [...zoneFileLines(zone.rrsets())].map((line) => `${line}\n`).join(''))
    writeFileSync(
      join(folder, 'conf'),
      `options { directory "${folder}"; pid-file none; session-keyfile none; listen-on { 127.0.0.1; }; listen-on-v6 { none; };
         recursion no; allow-query { any; }; dnssec-validation no; notify no;
         // answers without authority where none is needed, and one set for ANY, as ours
         minimal-responses no-auth; minimal-any yes; };
       controls { };
       zone "example.com" { type primary; file "zone"; check-names ignore; check-integrity no; };`,
    )
    bind = new Bind(await freePort(), join(folder, 'conf'))
    await bind.ask('example.com. SOA')
  })
  after(() => bind?.stop())

  it(`${QUERIES} questions: rcode, flags, and every section`, async () => {
    const differences: string[] = []
    for (const question of questions(zone, QUERIES)) {
      const ours = await ask(zone, question, { query: { edns: { udpSize: 1232 } } })
      const theirs = await bind.ask(question)
      const [a, b] = [comparable(ours), comparable(theirs)]
      if (JSON.stringify(a) !== JSON.stringify(b) && !isExplained(question, a, b))
        differences.push(`${question}\n  ours  ${JSON.stringify(a)}\n  BIND  ${JSON.stringify(b)}`)
    }
    assert.deepEqual(differences, [])
  })
})

/** Lines in lower case: the owner of what a wildcard gives is written in some other case by BIND. */
function comparable({ status, answer, authority, additional }: Asked) {
  const [an, ns, ar] = [answer, authority, additional].map((lines) =>
    lines.map((line) => line.toLowerCase()).sort(),
  )
  return { status, answer: an!, authority: ns!, additional: ar! }
}

type Comparable = ReturnType<typeof comparable>

/** Where we differ on purpose. */
function isExplained(question: string, ours: Comparable, theirs: Comparable): boolean {
  // a loop of aliases is the zone's doing and no failure of ours: the client gets what there is (BIND since 9.18.33: SERVFAIL)
  if (theirs.status === 'SERVFAIL aa' && ours.status === 'NOERROR aa')
    return JSON.stringify({ ...ours, status: '' }) === JSON.stringify({ ...theirs, status: '' })
  // any one set may stand for ANY (RFC 8482 §4.1)
  if (question.endsWith(' ANY') && ours.status === 'NOERROR aa' && theirs.status === ours.status)
    return ours.answer.length > 0 && theirs.answer.length > 0
  // addresses of name servers in the zone but not below the cut: we add them, which may spare a question
  const more = ours.additional.filter((line) => !theirs.additional.includes(line))
  return (
    ours.status === 'NOERROR' &&
    JSON.stringify({ ...ours, additional: [] }) === JSON.stringify({ ...theirs, additional: [] }) &&
    theirs.additional.every((line) => ours.additional.includes(line)) &&
    more.every((line) => line.startsWith('ns1.example.com. '))
  )
}
