import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { runCommand } from '../../services/local/run-command.ts'
import { runCli } from '../cli/run-cli.ts'
import { type ClientSystem, knowsZones, startClientSystem } from '../support/client-system.ts'
import { dig, digShort } from '../support/dig.ts'
import { addA, DnsClient, keyOf, signed, update } from '../support/dns-client.ts'
import { historyIsWhole, historyOf } from '../support/history.ts'
import { temporaryFolder } from '../support/infrastructure.ts'
import { nsupdate } from '../support/nsupdate.ts'
import { toolPath } from '../support/programs.ts'
import { type Sig0Signer, sig0Signer, signedBySig0 } from '../support/sig0-signer.ts'
import { until } from '../support/until.ts'

// RFC 2931 with keys that dnssec-keygen makes, registered by the command line, and used by nsupdate.

const ALGORITHMS = ['RSASHA256', 'ECDSAP256SHA256', 'ECDSAP384SHA384', 'ED25519'] as const

interface KeyFiles {
  readonly name: string
  /** Without `.key` and `.private`. */
  readonly file: string
}

let clients: ClientSystem
let zoneId: number
let environment: Record<string, string>
const keys = new Map<string, KeyFiles>()
let ours: Sig0Signer

before(async () => {
  clients = await startClientSystem()
  const { url, token } = clients.api
  environment = { ZONELOG_API_URL: url, ZONELOG_API_TOKEN: token }
  for (const algorithm of ALGORITHMS) {
    const made = await generated(`${algorithm.toLowerCase()}.client.example`, algorithm)
    keys.set(algorithm, made)
    assert.match(await register(made), new RegExp(`registered: SIG\\(0\\), ${algorithm}, tag \\d+`))
  }
  ours = sig0Signer('test.client.example', 13)
  await clients.api.post('/v1/keys', { name: ours.name, publicKey: keyRecord(ours) })
  const allowUpdate = [...[...keys.values()].map(({ name }) => name), ours.name]
  zoneId = (await clients.api.createZone('example.com', { allowUpdate })).id
  await knowsZones(clients.edge, 1)
})
after(() => clients?.system.close())

async function generated(name: string, algorithm: string): Promise<KeyFiles> {
  const folder = temporaryFolder('sig0')
  const size = algorithm === 'RSASHA256' ? ['-b', '2048'] : []
  const args = ['-T', 'KEY', '-n', 'HOST', '-a', algorithm, ...size, '-K', folder, name]
  const { status, stderr } = await runCommand(toolPath('dnssec-keygen'), args, { timeoutMs: 60_000 })
  assert.equal(status, 0, stderr)
  const [file] = (await readdir(folder)).filter((each) => each.endsWith('.key'))
  return { name, file: join(folder, file!.slice(0, -'.key'.length)) }
}

const cli = (...argv: string[]) => runCli(argv, environment)

async function register({ name, file }: KeyFiles): Promise<string> {
  const { status, out, err } = await cli('key', 'create', name, '--public-key', `${file}.key`)
  assert.equal(status, 0, err)
  return out
}

function keyRecord({ name, algorithm, rdata }: Sig0Signer): string {
  return `${name} IN KEY 512 3 ${algorithm} ${Buffer.from(rdata.subarray(4)).toString('base64')}`
}

const add = (name: string) => `zone example.com\nupdate add ${name} 60 A 192.0.2.1`
const ACCEPTED = { status: 0, output: '' }

describe('nsupdate -k K….private', () => {
  for (const algorithm of ALGORITHMS)
    for (const args of [[], ['-v']])
      it(`${algorithm} over ${args.length === 0 ? 'UDP' : 'TCP'}: the update is the key's`, async () => {
        const { name, file } = keys.get(algorithm)!
        const host = `${algorithm.toLowerCase()}${args.length}.example.com`
        const sent = await nsupdate(clients.server, add(host), '-k', `${file}.private`, ...args)
        assert.deepEqual(sent, ACCEPTED)
        assert.deepEqual(await digShort(clients.server, host, 'A'), ['192.0.2.1'])
        const event = (await historyOf(clients.system, zoneId)).at(-1)!
        assert.deepEqual([event.identity, event.rule], [`key:${name}.`, `grant ${name} zonesub ANY`])
      })

  it('of a key that nobody registered, or that is another under the same name: NOTAUTH', async () => {
    const stranger = await generated('stranger.client.example', 'ED25519')
    const impostor = await generated(keys.get('ED25519')!.name, 'ED25519')
    for (const { file } of [stranger, impostor])
      assert.deepEqual(await nsupdate(clients.server, add('x.example.com'), '-k', `${file}.private`), {
        status: 2,
        output: 'update failed: NOTAUTH',
      })
  })

  it('of a key that this zone does not know: REFUSED', async () => {
    const other = await generated('other.client.example', 'ED25519')
    await register(other)
    await until('the edge knows the key', async () => {
      const { output } = await nsupdate(clients.server, add('x.example.com'), '-k', `${other.file}.private`)
      return output === 'update failed: REFUSED'
    })
  })
})

describe('dig -k K….private', () => {
  it('transfers a zone that allows it to the key, and to no other', async () => {
    const { name, file } = keys.get('ECDSAP256SHA256')!
    const other = keys.get('ED25519')!
    await clients.api.post('/v1/zones', { name: 'transfer.example', allowTransfer: [name] })
    await knowsZones(clients.edge, 2)
    const transfer = (key: KeyFiles) =>
      dig(clients.server, '-k', `${key.file}.private`, 'transfer.example', 'AXFR')
    assert.match(await transfer({ name, file }), /^transfer\.example\.\s+\d+\s+IN\s+SOA.*XFR size: /ms)
    assert.match(await transfer(other), /Transfer failed/)
  })
})

describe('RFC 2931 messages that only a test can make', () => {
  let client: DnsClient
  let elsewhere: DnsClient
  before(async () => {
    client = await DnsClient.to(clients.server.port)
    elsewhere = await DnsClient.to(clients.server.port, '127.0.0.2')
  })
  after(() => {
    client?.close()
    elsewhere?.close()
  })
  const change = (name: string) => update({ zone: 'example.com', updates: [addA(name, '192.0.2.1')] })
  const now = () => Math.floor(Date.now() / 1_000)

  it('too old, too new, and forged: NOTAUTH, and counted by reason', async () => {
    const message = change('never.example.com')
    const forged = signedBySig0(message, ours)
    forged[forged.length - 1]! ^= 1
    for (const wrong of [
      signedBySig0(message, ours, { now: now() - 3_600 }),
      signedBySig0(message, ours, { now: now() + 3_600 }),
      forged,
      signedBySig0(message, { ...ours, keyTag: ours.keyTag ^ 1 }),
    ])
      assert.equal(await client.rcode(wrong), 'NOTAUTH')
    assert.deepEqual(await digShort(clients.server, 'never.example.com', 'A'), [])
    const metrics = await (await fetch(`http://127.0.0.1:${clients.edge.httpPort}/metrics`)).text()
    for (const reason of ['sig0-badtime', 'sig0-badsig', 'sig0-badkey'])
      assert.match(metrics, new RegExp(`zonelog_edge_refusals_total\\{reason="${reason}"\\} [1-9]`))
    await until('refusals are reported', async () => {
      const reported = JSON.stringify(await clients.api.get('/v1/refusals'))
      return reported.includes('sig0-badsig') && reported.includes('test.client.example.')
    })
  })

  it('P2: signed again is the same request, and a replay changes nothing, from wherever', async () => {
    const message = change('once.example.com')
    const [first, again] = [signedBySig0(message, ours), signedBySig0(message, ours, { now: now() + 1 })]
    const before = (await historyOf(clients.system, zoneId)).length
    assert.deepEqual([await client.rcode(first), await client.rcode(again)], ['NOERROR', 'NOERROR'])
    assert.deepEqual([await elsewhere.rcode(first), await elsewhere.rcode(again)], ['NOERROR', 'NOERROR'])
    assert.equal((await historyOf(clients.system, zoneId)).length, before + 1)
  })

  it('the answer to it is not signed', async () => {
    const answer = await client.send(signedBySig0(change('plain.example.com'), ours))
    assert.deepEqual([answer?.header.rcode, answer?.tsig, answer?.sig0], [0, undefined, undefined])
  })

  it('a query is answered whatever its SIG(0), which decides nothing', async () => {
    const stranger = sig0Signer('nobody.example', 15)
    const query = update({ zone: 'example.com' })
    // the same message as a query for the SOA
    query[2] = 0
    assert.equal(await client.rcode(signedBySig0(query, stranger)), 'NOERROR')
  })

  it('forged ones without end keep nobody with a TSIG key waiting, and the next SIG(0) is verified', async () => {
    const key = keyOf(await clients.api.createKey('shared'))
    await clients.api.createZone('shared.example', { allowUpdate: ['shared'] })
    await knowsZones(clients.edge, 3)
    const flood = await DnsClient.to(clients.server.port, '127.0.0.3')
    const forged = signedBySig0(change('never.example.com'), ours)
    forged[forged.length - 1]! ^= 1
    for (let round = 0; round < 10; round++) {
      // more than are verified at a time and wait, and fewer than the system's buffer holds
      for (let each = 0; each < 100; each++) flood.throwIn(forged)
      const updates = [addA(`h${round}.shared.example`, '192.0.2.1')]
      assert.equal(await client.rcode(signed(update({ zone: 'shared.example', updates }), key)), 'NOERROR')
    }
    flood.close()
    const metrics = await (await fetch(`http://127.0.0.1:${clients.edge.httpPort}/metrics`)).text()
    assert.match(metrics, /refusals_total\{reason="sig0-busy"\} [1-9]/)
    const { file } = keys.get('ED25519')!
    const sent = await nsupdate(clients.server, add('later.example.com'), '-k', `${file}.private`)
    assert.deepEqual(sent, ACCEPTED)
  })

  it('P6: history is whole after all of that', async () => {
    await historyIsWhole(clients.system, zoneId)
  })
})

describe('key create --public-key', () => {
  it('reads the record from standard input or a file, and says what is wrong with it', async () => {
    const { name, file } = await generated('wrong.client.example', 'ECDSAP256SHA256')
    const record = await readFile(`${file}.key`, 'utf8')
    const fails = async (text: string, as = name, ...more: string[]) => {
      const path = join(temporaryFolder('sig0'), 'key')
      await writeFile(path, text)
      const { status, err } = await cli('key', 'create', as, '--public-key', path, ...more)
      assert.notEqual(status, 0)
      return err
    }
    const secret = await readFile(`${file}.private`, 'utf8')
    const told = await fails(secret)
    assert.match(told, /That is a private key.*K….key/)
    assert.ok(!told.includes(/^PrivateKey: (.*)$/m.exec(secret)![1]!))
    assert.match(
      await fails(record, 'other.example'),
      /belongs to wrong\.client\.example\..*zonelog key create/,
    )
    assert.match(
      await fails(record.replace('IN KEY 512', 'IN DNSKEY 256')),
      /type DNSKEY.*dnssec-keygen -T KEY/,
    )
    assert.match(
      await fails(record.replace('KEY 512 3 13', 'KEY 512 3 15')),
      /cannot be used: .*ED25519 has 32/,
    )
    assert.match(await fails(`${record}\n${record.replace('512', '513')}`), /2 records were given/)
    assert.match(await fails('wrong.client.example. IN KEY 512 3 13 ???'), /cannot be read/)
    assert.match(await fails(record, name, '--algorithm', 'hmac-sha256'), /leave out --algorithm/)
    assert.match(
      (await cli('key', 'create', name, '--public-key', '/nowhere/K.key')).err,
      /cannot be read \(ENOENT\)/,
    )
    assert.match((await cli('key', 'show', name)).err, /no key wrong\.client\.example\./)
  })

  it('a name has one key, of whichever kind', async () => {
    const { name, file } = keys.get('ED25519')!
    assert.match((await cli('key', 'create', name, '--public-key', `${file}.key`)).err, /There is a key/)
    assert.match((await cli('key', 'create', name)).err, /There is a key/)
    await cli('key', 'create', 'taken.client.example')
    const publicKey = keyRecord({ ...sig0Signer('taken.client.example', 15) })
    const both = await clients.api.fetch('/v1/keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'taken.client.example', publicKey }),
    })
    assert.equal(both.status, 409)
  })

  it('of two that come at once, one gets the name', async () => {
    for (let round = 0; round < 5; round++) {
      const name = `race${round}.client.example`
      const bodies = [{ name }, { name, publicKey: keyRecord(sig0Signer(name, 15)) }, { name }]
      const answers = await Promise.all(
        bodies.map((body) =>
          clients.api.fetch('/v1/keys', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          }),
        ),
      )
      assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409])
    }
  })

  it('key list and key show tell the kinds apart; rotating has no meaning', async () => {
    const { name } = keys.get('RSASHA256')!
    const list = JSON.parse((await cli('key', 'list', '--json')).out) as {
      name: string
      kind: string
      algorithm: string
    }[]
    const found = list.find((key) => key.name === `${name}.`)
    assert.deepEqual([found?.kind, found?.algorithm], ['sig0', 'RSASHA256'])
    const { out } = await cli('key', 'show', name)
    assert.match(out, /kind +sig0/)
    assert.match(out, /public key +rsasha256\.client\.example\. IN KEY 512 3 8 /)
    assert.match((await cli('key', 'rotate', name)).err, /public key of SIG\(0\), which has no secrets/)
  })

  it('key delete refuses what rules name, and by force ends it on the edge', async () => {
    const { name, file } = keys.get('RSASHA256')!
    assert.match((await cli('key', 'delete', name)).err, /zones name it/)
    assert.equal((await cli('key', 'delete', name, '--force')).status, 0)
    await until('the edge does not know it any more', async () => {
      const { output } = await nsupdate(clients.server, add('gone.example.com'), '-k', `${file}.private`)
      return output === 'update failed: NOTAUTH'
    })
  })
})
