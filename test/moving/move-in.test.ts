import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { nameOf } from '../../shared/dns/name.ts'
import { runCli } from '../cli/run-cli.ts'
import { KnotServer } from '../conformance/knot-server.ts'
import { BindServer } from '../support/bind.ts'
import { keyFiles } from '../support/client-system.ts'
import { digShort } from '../support/dig.ts'
import { historyIsWhole } from '../support/history.ts'
import { freePort, temporaryFolder } from '../support/infrastructure.ts'
import { nsupdate, type ServerAddress } from '../support/nsupdate.ts'
import { type RunningEdge, TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const SECRET = 'c2VjcmV0IG9mIHRoZSBvbGQgc2VydmVyIDEyMzQ1Njc4'
const OTHER = 'YW5vdGhlciBzZWNyZXQgb2Ygc29tZWJvZHkgZWxzZSEh'
const HEAD = '$TTL 300\n@ SOA ns1 host 2026112601 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n'
// several messages of a transfer: each holds 64 KiB at most
const LARGE =
  HEAD + Array.from({ length: 4_000 }, (_, n) => `host${n} A 10.0.${n >> 8}.${n & 255}\n`).join('')

let system: TestSystem
let edge: RunningEdge
let bind: BindServer
let knot: KnotServer
let environment: Record<string, string>
let ids: Record<string, number>
const old: Record<'dhcp' | 'wrong' | 'strange', string> = { dhcp: '', wrong: '', strange: '' }

before(async () => {
  const key = (name: string, secret: string) =>
    `key "${name}" { algorithm hmac-sha256; secret "${secret}"; };`
  const policy = {
    keys: `${key('dhcp', SECRET)} ${key('acme', OTHER)} acl office { 10.0.0.0/8; };`,
    clause: (zone: string) =>
      zone === 'large.example'
        ? 'allow-update { key dhcp; office; };'
        : 'update-policy { deny acme name ns1.small.example ANY; grant acme subdomain _acme-challenge.small.example TXT; grant dhcp zonesub A AAAA TXT DHCID; };',
    transfer: 'allow-transfer { key dhcp; }; also-notify { 192.0.2.7 port 5353 key dhcp; };',
  }
  const started = await Promise.all([
    TestSystem.start(),
    BindServer.withZoneFiles(
      new Map([
        ['large.example', LARGE],
        ['small.example', HEAD],
      ]),
      '',
      policy,
    ),
    KnotServer.withZoneFiles(
      new Map([['knot.example', HEAD]]),
      `key:\n  - id: knotty\n    algorithm: hmac-sha512\n    secret: ${SECRET}\nacl:\n  - id: anybody\n    key: knotty\n    address: 127.0.0.0/8\n    action: [update, transfer]\n    update-owner: name\n    update-owner-match: sub-or-equal\n    update-owner-name: dyn`,
    ),
  ])
  ;[{ system, edge }, bind, knot] = started
  const { api } = started[0]
  environment = { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token }
  const algorithm = 'hmac-sha256'
  old.dhcp = (await keyFiles({ name: 'dhcp', algorithm, secret: SECRET })).file
  old.wrong = (await keyFiles({ name: 'dhcp', algorithm, secret: OTHER })).file
  old.strange = (await keyFiles({ name: 'strange', algorithm, secret: SECRET })).file
})
after(async () => {
  await Promise.allSettled([bind?.stop(), knot?.stop()])
  await system?.close()
})

const run = (...words: string[]) => runCli(words, environment)
const done = async (...words: string[]) => {
  const result = await run(...words)
  assert.equal(result.status, 0, result.err)
  return result
}
const at = ({ host, port }: ServerAddress) => `${host}:${port}`
const compare = (zone: string) => run('compare', zone, '--with', at(bind.address), '--key', old.dhcp)

describe('a zone is transferred from a running BIND (RFC 5936, RFC 8945 §5.3.1)', () => {
  it('and refused with the reason, and what to do: no key, a wrong secret, an unknown key, an unknown zone', async () => {
    const cases: [string[], RegExp][] = [
      [['large.example'], /REFUSED\. Allow it there for this machine's address, or give --key/],
      [['large.example', '--key', old.wrong], /NOTAUTH\. It has another secret for the key dhcp\./],
      [['large.example', '--key', old.strange], /NOTAUTH\. It does not know the key strange\./],
      [['absent.example', '--key', old.dhcp], /(NOTAUTH|REFUSED)\. .*zone|Allow it there/],
    ]
    for (const [words, message] of cases) {
      const { status, err } = await run('zone', 'create', ...words, '--from', at(bind.address))
      assert.equal(status, 4, err)
      assert.match(err, message)
    }
    const silent = await run('zone', 'create', 'large.example', '--from', `127.0.0.1:${await freePort()}`)
    assert.equal(silent.status, 6)
    assert.match(silent.err, /ECONNREFUSED/)
    assert.equal((await done('zone', 'list', '--json')).out, '[]\n')
  })

  it('and nothing of it is taken when the transfer is cut, or changed on its way', async () => {
    for (const [mangle, message] of [
      [(chunk: Buffer, sent: number) => (sent > 70_000 ? undefined : chunk), /ended before it was whole/],
      [(chunk: Buffer, sent: number) => (sent > 70_000 ? flipped(chunk) : chunk), /cannot be (trusted|read)/],
    ] as const) {
      const between = await meddler(bind.address, mangle)
      const { status, err } = await run(
        'zone',
        'create',
        'large.example',
        '--from',
        `127.0.0.1:${between.port}`,
        '--key',
        old.dhcp,
      )
      between.close()
      assert.equal(status, 1, err)
      assert.match(err, message)
    }
    assert.equal((await done('zone', 'list', '--json')).out, '[]\n')
  })

  it('whole, in several signed messages, and compare finds it the same', async () => {
    const { out } = await done(
      'zone',
      'create',
      'large.example',
      '--from',
      at(bind.address),
      '--key',
      old.dhcp,
    )
    assert.match(out, /zone large\.example\. created: serial 2026112601, 4003 records/)
    const { status, out: compared } = await compare('large.example')
    assert.equal(status, 0)
    assert.match(compared, /same {2}large\.example\. {2}4003 records are equal; serial 2026112601 here/)
  })

  it('and again after it changed there: compare tells each difference, import takes them in', async () => {
    const change =
      'update add new.large.example 60 A 192.0.2.9\nupdate delete host7.large.example A\nupdate delete host8.large.example A\nupdate add host8.large.example 77 A 10.0.0.8'
    assert.deepEqual(await nsupdate(bind.address, `zone large.example\n${change}`, '-k', old.dhcp), {
      status: 0,
      output: '',
    })
    const { status, out } = await compare('large.example')
    assert.equal(status, 1)
    assert.match(
      out,
      /^< host7\.large\.example\. A 10\.0\.0\.7\n~ host8\.large\.example\. A TTL 300 → 77\n> new\.large\.example\. A 192\.0\.2\.9$/m,
    )
    const json = JSON.parse(
      (await run('compare', 'large.example', '--with', at(bind.address), '--key', old.dhcp, '--json')).out,
    )
    assert.deepEqual([json.same, json.differences.length, json.serialHere], [false, 3, 2026112601])
    await done('zone', 'import', 'large.example', '--from', at(bind.address), '--key', old.dhcp)
    assert.equal((await compare('large.example')).status, 0)
    await done('zone', 'delete', 'large.example', '--yes').catch(() =>
      done('zone', 'delete', 'large.example'),
    )
  })
})

describe('a BIND is imported whole: zones, keys, rules, transfer settings', () => {
  it('after everything was looked at: a dry run changes nothing, and shows no secret', async () => {
    const { out, err } = await done('import', 'bind', bind.configFile, '--zone', 'small.example', '--dry-run')
    assert.match(out, /small\.example\.[\s\S]*grant acme subdomain _acme-challenge\.small\.example\. TXT/)
    assert.ok(!`${out}${err}`.includes(SECRET))
    assert.equal((await done('zone', 'list', '--json')).out, '[]\n')
  })

  it('but not in part: updates that are in the journal only stop it, and nothing is changed', async () => {
    const { status, err } = await run('import', 'bind', bind.configFile)
    assert.equal(status, 4)
    assert.match(
      err,
      /named\.conf:\d+:\d+ 'large\.example': left out: .*\.jnl holds updates that the zone file lacks/,
    )
    assert.equal((await done('key', 'list', '--json')).out, '[]\n')
  })

  it('with the contents of the running server', async () => {
    const { out } = await done(
      'import',
      'bind',
      bind.configFile,
      '--from',
      at(bind.address),
      '--key',
      old.dhcp,
    )
    assert.match(out, /large\.example\. +\d+ +4003[\s\S]*small\.example\.[\s\S]*keys: dhcp\., acme\./)
    const { zones } = JSON.parse(
      await (
        await fetch(`${environment.ZONELOG_API_URL}/v1/zones`, {
          headers: { authorization: `Bearer ${environment.ZONELOG_API_TOKEN}` },
        })
      ).text(),
    )
    ids = Object.fromEntries(zones.map(({ name, id }: { name: string; id: number }) => [name, id]))
    const rules = await done('rule', 'list', 'large.example')
    assert.match(rules.out, /1\. grant dhcp zonesub ANY\n2\. grant \*\+ip:10\.0\.0\.0\/8 subdomain @ ANY/)
    const shown = JSON.parse((await done('zone', 'show', 'small.example', '--json')).out)
    assert.deepEqual(shown.transfers.allowTransfer, ['dhcp'])
    assert.deepEqual(shown.transfers.notify, ['dhcp+192.0.2.7:5353'])
    assert.equal(shown.transfers.notifyMode, 'no')
  })

  it('so that its clients go on with the keys that they have, and its denials hold', async () => {
    const here = { host: '127.0.0.1', port: edge.port }
    const send = (change: string, key: string) =>
      nsupdate(here, `zone small.example\nupdate ${change}`, '-k', key)
    const acme = (await keyFiles({ name: 'acme', algorithm: 'hmac-sha256', secret: OTHER })).file
    await until(
      'the edge has the zone',
      async () => (await digShort(here, 'small.example', 'SOA')).length === 1,
    )
    assert.equal((await send('add pc.small.example 60 A 10.1.1.1', old.dhcp)).output, '')
    assert.equal((await send('add _acme-challenge.small.example 60 TXT token', acme)).output, '')
    assert.match((await send('add ns1.small.example 60 A 10.1.1.1', acme)).output, /REFUSED/)
    assert.match((await send('add pc.small.example 60 TXT x', old.wrong)).output, /BADSIG|NOTAUTH/)
    assert.deepEqual(await digShort(here, 'pc.small.example', 'A'), ['10.1.1.1'])
    assert.equal((await compare('large.example')).status, 0)
    assert.equal((await compare('small.example')).status, 1)
    await historyIsWhole(system, ids['small.example.']!, nameOf('small.example.'))
  })

  it('and a second time only what is not here yet, when that is asked for', async () => {
    const again = ['import', 'bind', bind.configFile, '--from', at(bind.address), '--key', old.dhcp]
    const { status, err } = await run(...again)
    assert.equal(status, 4)
    assert.match(
      err,
      /there is a key dhcp\. here already[\s\S]*there is a zone large\.example\. here already/,
    )
    await done('zone', 'delete', 'small.example', '--yes')
    const { out } = await done(...again, '--skip')
    assert.match(out, /^small\.example\./m)
    assert.doesNotMatch(out, /^large\.example\./m)
  })
})

describe('a Knot is imported whole', () => {
  it('from its running server where its zone files are never written', async () => {
    const refused = await run('import', 'knot', knot.configFile)
    assert.equal(refused.status, 4)
    assert.match(refused.err, /knot\.conf:\d+:\d+ '-1': left out: Knot does not write the zone file/)
    const file = join(temporaryFolder('knot-key'), 'key')
    await writeFile(file, `key:\n  - id: knotty\n    algorithm: hmac-sha512\n    secret: ${SECRET}\n`)
    await done('import', 'knot', knot.configFile, '--from', at(knot.address), '--key', file, '--skip')
    const compared = await run('compare', 'knot.example', '--with', at(knot.address), '--key', file)
    assert.match(compared.out, /same {2}knot\.example\./)
    const { out } = await done('rule', 'list', 'knot.example')
    assert.equal(out, '1. grant knotty+ip:127.0.0.0/8 subdomain dyn ANY\n')
    const here = { host: '127.0.0.1', port: edge.port }
    const key = (await keyFiles({ name: 'knotty', algorithm: 'hmac-sha512', secret: SECRET })).file
    await until(
      'the edge has the zone',
      async () => (await digShort(here, 'knot.example', 'SOA')).length === 1,
    )
    const { output } = await nsupdate(
      here,
      'zone knot.example\nupdate add a.dyn.knot.example 60 A 10.1.1.2',
      '-k',
      key,
    )
    assert.equal(output, '')
  })
})

function flipped(chunk: Buffer): Buffer {
  const copy = Buffer.from(chunk)
  copy[copy.length >> 1]! ^= 1
  return copy
}

/** A TCP relay that may change or cut what the server sends. */
async function meddler(
  { host, port }: ServerAddress,
  mangle: (chunk: Buffer, sent: number) => Buffer | undefined,
): Promise<{ port: number; close: () => void }> {
  const own = await freePort()
  const server = createServer((client) => {
    const upstream = connect(port, host)
    let sent = 0
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
    client.pipe(upstream)
    upstream.on('data', (chunk: Buffer) => {
      sent += chunk.length
      const passed = mangle(chunk, sent)
      if (passed === undefined) client.end()
      else if (!client.writableEnded) client.write(passed)
    })
    upstream.on('end', () => client.end())
  })
  await new Promise<void>((resolve) => server.listen(own, '127.0.0.1', resolve))
  return { port: own, close: () => server.close() }
}
