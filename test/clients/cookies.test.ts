import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Rcode } from '../../shared/dns/codes.ts'
import { BindServer } from '../support/bind.ts'
import { knowsZones } from '../support/client-system.ts'
import { dig, headerOf } from '../support/dig.ts'
import { DnsClient, query, update } from '../support/dns-client.ts'
import type { ServerAddress } from '../support/nsupdate.ts'
import { type RunningEdge, TestSystem } from '../support/system.ts'
import { temporaryFolder } from '../support/temporary.ts'

// Cookies as dig and BIND's named know them, and what an edge says of itself.

const ZONE = 'example.com'
const FILE = '@ 300 IN SOA ns hostmaster 1 3600 600 86400 300\n@ 300 NS ns\nns 300 A 192.0.2.1\n'
const SECRET = '00112233445566778899aabbccddeeff'
const CLIENT = '0102030405060708'
let system: TestSystem
/** Secrets from the master key, cookies required, everything shown; a secret that BIND has too. */
let strict: ServerAddress[]
let shared: ServerAddress
let bind: BindServer
/** One answer a second to one network. */
let limited: RunningEdge

before(async () => {
  system = await TestSystem.prepare()
  const writer = await system.writer()
  await system.api(writer).createZone(ZONE, { file: FILE })
  const file = join(temporaryFolder('cookies'), 'secrets')
  writeFileSync(file, `${SECRET}\n`)
  limited = await system.edge({ ZONELOG_RRL_RATE: '1', ZONELOG_RRL_EXEMPT: 'none' })
  await knowsZones(limited, 1)
  const edge = async (more: Record<string, string>) => {
    const started = await system.edge(more)
    await knowsZones(started, 1)
    return { host: '127.0.0.1', port: started.port }
  }
  const all = { ZONELOG_COOKIES: 'require', ZONELOG_SHOW_EDGE_ID: 'yes', ZONELOG_SHOW_VERSION: 'yes' }
  strict = [await edge(all), await edge(all)]
  shared = await edge({ ZONELOG_COOKIE_SECRET_FILE: file })
  bind = await BindServer.withZoneFiles(
    new Map([[ZONE, `$ORIGIN ${ZONE}.\n${FILE}`]]),
    `cookie-algorithm siphash24; cookie-secret "${SECRET}"; require-server-cookie yes;`,
  )
})
after(async () => {
  await bind?.stop()
  await system?.close()
})

const soa = (server: ServerAddress, ...options: string[]) =>
  dig(server, '+nobadcookie', ...options, ZONE, 'SOA')
const cookieOf = (output: string) => /; COOKIE: ([0-9a-f]+) \((\w+)\)/.exec(output)

describe('dig +cookie', () => {
  it('gets a cookie that it finds good', async () => {
    const [, cookie = '', verdict] = cookieOf(await soa(shared, `+cookie=${CLIENT}`))!
    assert.deepEqual([cookie.length, cookie.slice(0, 16), verdict], [48, CLIENT, 'good'])
  })
  it('gets BADCOOKIE where cookies are required, and comes back with the cookie by itself', async () => {
    assert.equal(headerOf(await soa(strict[0]!, `+cookie=${CLIENT}`)).status, 'BADCOOKIE')
    assert.equal(headerOf(await dig(strict[0]!, `+cookie=${CLIENT}`, ZONE, 'SOA')).status, 'NOERROR')
    assert.equal(headerOf(await soa(strict[0]!, '+nocookie')).status, 'NOERROR')
  })
  it('takes the cookie of one edge to another', async () => {
    const [, cookie = ''] = cookieOf(await soa(strict[0]!, `+cookie=${CLIENT}`))!
    assert.equal(headerOf(await soa(strict[1]!, `+cookie=${cookie}`)).status, 'NOERROR')
  })
  it('gets a cookie for an UPDATE, which never needs one', async () => {
    const output = await dig(strict[0]!, '+opcode=UPDATE', '+norec', `+cookie=${CLIENT}`, ZONE, 'SOA')
    // nobody may update this zone
    assert.equal(headerOf(output).status, 'REFUSED')
    assert.equal(cookieOf(output)?.[2], 'good')
  })
})

describe('RFC 9018: one secret, two kinds of servers', () => {
  it("BIND takes ours, and we take BIND's", async () => {
    for (const [from, to] of [
      [shared, bind.address],
      [bind.address, shared],
    ] as const) {
      const [, cookie = ''] = cookieOf(await soa(from, `+cookie=${CLIENT}`))!
      const there = await soa(to, `+cookie=${cookie}`)
      assert.equal(headerOf(there).status, 'NOERROR')
    }
  })
  it('and neither takes one of another secret', async () => {
    const [, foreign = ''] = cookieOf(await soa(strict[0]!, `+cookie=${CLIENT}`))!
    assert.equal(headerOf(await soa(bind.address, `+cookie=${foreign}`)).status, 'BADCOOKIE')
    const [, ours = ''] = cookieOf(await soa(shared, `+cookie=${CLIENT}`))!
    assert.equal(headerOf(await soa(strict[0]!, `+cookie=${ours}`)).status, 'BADCOOKIE')
  })
})

describe('response rate limiting', () => {
  it('limits queries, and never an UPDATE', async () => {
    const client = await DnsClient.to(limited.port)
    const times = Array.from({ length: 20 })
    const queries = times.map(() => client.send(query(`${ZONE}.`, 'SOA'), 2_000))
    const answers = await Promise.all(times.map(() => client.send(update({ zone: `${ZONE}.` }))))
    for (const answer of answers)
      assert.deepEqual([answer?.header.rcode, answer?.header.tc], [Rcode.REFUSED, false])
    await Promise.all(queries)
    client.close()
    const metrics = await (await fetch(`http://127.0.0.1:${limited.httpPort}/metrics`)).text()
    for (const action of ['drop', 'slip'])
      assert.match(metrics, new RegExp(`zonelog_edge_rate_limited_total\\{action="${action}"\\} [1-9]`))
  })
})

describe('what an edge says of itself', () => {
  it('is its id and version, where it is told to', async () => {
    assert.match(await dig(strict[0]!, '+nsid', '+nocookie', ZONE, 'SOA'), /; NSID: .*\("edge-\d+"\)/)
    assert.match(await dig(strict[0]!, '+nocookie', 'id.server', 'TXT', 'CH'), /"edge-\d+"/)
    assert.match(await dig(strict[0]!, '+nocookie', 'version.bind', 'TXT', 'CH'), /"zonelog \d+\.\d+\.\d+"/)
  })
  it('is nothing by default', async () => {
    assert.doesNotMatch(await dig(shared, '+nsid', ZONE, 'SOA'), /NSID: \S/)
    assert.equal(headerOf(await dig(shared, 'version.bind', 'TXT', 'CH')).status, 'REFUSED')
  })
})
