import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { runCommand } from '../../services/local/run-command.ts'
import { TSIG_ALGORITHMS } from '../../shared/dns/tsig.ts'
import { ALGORITHMS } from '../../shared/dns/tsig-algorithms.ts'
import {
  ANYBODY_HERE,
  type ClientKey,
  type ClientSystem,
  createClientKey,
  keyFiles,
  knowsZones,
  startClientSystem,
} from '../support/client-system.ts'
import { dig, digShort, headerOf } from '../support/dig.ts'
import { knsupdate, nsupdate } from '../support/nsupdate.ts'
import { toolPath } from '../support/programs.ts'
import { python } from '../support/python.ts'
import { until } from '../support/until.ts'

// What the programs print when a signature is right, wrong, of an unknown key or missing.

let clients: ClientSystem
let sha256: ClientKey
let sha512: ClientKey
let wrongSecret: ClientKey
let wrongAlgorithm: ClientKey
let stranger: ClientKey

before(async () => {
  clients = await startClientSystem()
  sha256 = await createClientKey(clients.api, 'laptop.keys.example')
  sha512 = await createClientKey(clients.api, 'server.keys.example', 'hmac-sha512')
  wrongSecret = await keyFiles({ ...sha256, secret: Buffer.alloc(32, 1).toString('base64') })
  wrongAlgorithm = await keyFiles({ ...sha256, algorithm: 'hmac-sha512' })
  stranger = await keyFiles({ ...sha256, name: 'stranger.keys.example' })
  await clients.api.createZone('keyed.example', { allowUpdate: [sha256.name] })
  await clients.api.createZone('open.example', { allowUpdate: [...ANYBODY_HERE, sha512.name] })
  await clients.api.createZone('abroad.example', { allowUpdate: ['192.0.2.0/24'] })
  await knowsZones(clients.edge, 3)
})
after(() => clients?.system.close())

const add = (zone: string) => `zone ${zone}\nupdate add host.${zone} 60 A 192.0.2.1`

describe('an update that is not let in', () => {
  const badSignature = (error: string) => ({
    status: 2,
    output: `; TSIG error with server: tsig indicates error\nupdate failed: NOTAUTH(${error})`,
  })
  for (const args of [[], ['-v']])
    describe(args.length === 0 ? 'over UDP' : 'over TCP', () => {
      const send = (zone: string, ...more: string[]) => nsupdate(clients.server, add(zone), ...args, ...more)

      it('with a wrong secret: NOTAUTH with BADSIG', async () =>
        assert.deepEqual(await send('keyed.example', '-k', wrongSecret.file), badSignature('BADSIG')))

      it('of a key that nobody knows: NOTAUTH with BADKEY', async () =>
        assert.deepEqual(await send('keyed.example', '-k', stranger.file), badSignature('BADKEY')))

      it('by another algorithm than the key has: NOTAUTH with BADKEY', async () =>
        assert.deepEqual(await send('keyed.example', '-k', wrongAlgorithm.file), badSignature('BADKEY')))

      it('without a signature, to a zone for keys only: REFUSED', async () =>
        assert.deepEqual(await send('keyed.example'), { status: 2, output: 'update failed: REFUSED' }))

      it('of a key that this zone does not know: REFUSED', async () =>
        assert.deepEqual(await send('keyed.example', '-k', sha512.file), {
          status: 2,
          output: 'update failed: REFUSED',
        }))

      it('from an address that may not: REFUSED', async () =>
        assert.deepEqual(await send('abroad.example'), { status: 2, output: 'update failed: REFUSED' }))

      it('wrongly signed although unsigned would do: NOTAUTH', async () =>
        assert.deepEqual(await send('open.example', '-k', wrongSecret.file), badSignature('BADSIG')))

      it('to a zone that is not ours: NOTAUTH', async () =>
        assert.deepEqual(await send('nobody.example'), { status: 2, output: 'update failed: NOTAUTH' }))

      it('to a name inside a zone, as if it were one: NOTAUTH', async () =>
        assert.deepEqual(await send('host.open.example'), { status: 2, output: 'update failed: NOTAUTH' }))
    })

  it('learns nothing about the zone from its prerequisites', async () => {
    for (const prerequisite of [
      'yxdomain keyed.example',
      'nxdomain keyed.example',
      'yxdomain nothing.keyed.example',
    ])
      assert.deepEqual(
        await nsupdate(
          clients.server,
          `zone keyed.example\nprereq ${prerequisite}\nupdate add x.keyed.example 60 A 192.0.2.1`,
        ),
        { status: 2, output: 'update failed: REFUSED' },
      )
  })

  it('has changed nothing, and is counted by its reason', async () => {
    for (const zone of ['keyed.example', 'abroad.example'])
      assert.deepEqual(await digShort(clients.server, `host.${zone}`, 'A'), [])
    const metrics = await (await fetch(`http://127.0.0.1:${clients.edge.httpPort}/metrics`)).text()
    for (const reason of ['tsig-badsig', 'tsig-badkey', 'unknown-zone', 'not-admitted'])
      assert.match(metrics, new RegExp(`zonelog_edge_refusals_total\\{reason="${reason}"\\} [1-9]`))
    await until('refusals are reported', async () => {
      const reported = JSON.stringify(await clients.api.get('/v1/refusals'))
      return reported.includes('tsig-badkey') && reported.includes('stranger.keys.example.')
    })
  })
})

describe('a key', () => {
  it('is found whatever the case of its name, with and without the final dot', async () => {
    for (const name of ['LAPTOP.keys.EXAMPLE', 'laptop.keys.example.']) {
      const option = `hmac-sha256:${name}:${sha256.secret}`
      assert.deepEqual(await nsupdate(clients.server, add('keyed.example'), '-y', option), {
        status: 0,
        output: '',
      })
    }
  })

  it('signs what is sent in one go', async () => {
    const lines = Array.from(
      { length: 5 },
      (_, index) => `update add many${index}.keyed.example 60 A 192.0.2.1`,
    )
    const commands = `zone keyed.example\n${lines.join('\nsend\n')}`
    assert.deepEqual(await nsupdate(clients.server, commands, '-k', sha256.file, '-v'), {
      status: 0,
      output: '',
    })
    assert.deepEqual(await digShort(clients.server, 'many4.keyed.example', 'A'), ['192.0.2.1'])
  })

  it('works from a file of one line, and where nsupdate asks for the zone itself', async () => {
    const file = `${sha256.file}.session`
    await writeFile(
      file,
      `key "${sha256.name}" { algorithm ${sha256.algorithm}; secret "${sha256.secret}"; };\n`,
    )
    const sent = await nsupdate(clients.server, 'update add session.keyed.example 60 A 192.0.2.1', '-k', file)
    assert.deepEqual(sent, { status: 0, output: '' })
  })
})

describe('RFC 8945 §6 every algorithm', () => {
  const keys = new Map<string, ClientKey>()
  before(async () => {
    for (const algorithm of TSIG_ALGORITHMS) {
      const name = `${algorithm}.keys.example`
      const body = { name, algorithm, allowLegacy: ALGORITHMS[algorithm].legacy }
      const { secret } = (await clients.api.post('/v1/keys', body)) as { secret: string }
      keys.set(algorithm, await keyFiles({ name, algorithm, secret }))
    }
    const allowUpdate = [...keys.values()].map(({ name }) => name)
    await clients.api.createZone('many.example', { allowUpdate })
    await knowsZones(clients.edge, 4)
  })

  for (const algorithm of TSIG_ALGORITHMS)
    it(`${algorithm}: nsupdate, knsupdate, dnspython, dig and kdig take our answers as rightly signed`, async () => {
      const key = keys.get(algorithm)!
      const accepted = { status: 0, output: '' }
      assert.deepEqual(await nsupdate(clients.server, add('many.example'), '-k', key.file), accepted)
      assert.deepEqual(await nsupdate(clients.server, add('many.example'), '-y', key.option, '-v'), accepted)
      assert.deepEqual(await knsupdate(clients.server, add('many.example'), '-y', key.option), accepted)
      const messages = [{ zone: 'many.example', change: [['add', 'b.many.example.', 60, 'A', '192.0.2.1']] }]
      const known = { ...key, algorithm: ALGORITHMS[algorithm].name }
      assert.deepEqual(await python('messages.py', { ...clients.server, key: known, messages }), ['NOERROR'])
      const output = await dig(clients.server, '-k', key.file, 'many.example', 'SOA')
      assert.equal(headerOf(output).status, 'NOERROR')
      assert.doesNotMatch(output, /verify|validated/)
      const kdiged = await kdig(key, 'many.example', 'SOA')
      assert.match(kdiged, /status: NOERROR/)
      assert.match(kdiged, /TSIG PSEUDOSECTION/)
      assert.doesNotMatch(kdiged, /WARNING|;; ERROR|failed/)
    })

  it('hmac-md5 is for keys that were made for it on purpose', async () => {
    const response = await clients.api.fetch('/v1/keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'router.keys.example', algorithm: 'hmac-md5' }),
    })
    assert.equal(response.status, 400)
    assert.match(await response.text(), /hmac-md5.*legacy/i)
    const asMd5 = await keyFiles({ ...keys.get('hmac-sha256')!, algorithm: 'hmac-md5' })
    assert.deepEqual(await nsupdate(clients.server, add('many.example'), '-k', asMd5.file), {
      status: 2,
      output: '; TSIG error with server: tsig indicates error\nupdate failed: NOTAUTH(BADKEY)',
    })
  })
})

describe('RFC 8945 §5.2.2.1 truncated signatures', () => {
  const keys = new Map<string, ClientKey>()
  const SHORT = ['hmac-sha1-80', 'hmac-sha224-112', 'hmac-sha256-128', 'hmac-sha384-192', 'hmac-sha512-256']
  before(async () => {
    for (const short of SHORT) {
      const name = `${short}.keys.example`
      const [, algorithm, bits] = /^(.*)-(\d+)$/.exec(short)!
      const body = { name, algorithm, leastMac: Number(bits) / 8 }
      const { secret } = (await clients.api.post('/v1/keys', body)) as { secret: string }
      keys.set(short, await keyFiles({ name, algorithm: short, secret }))
    }
    const allowUpdate = [...keys.values()].map(({ name }) => name)
    await clients.api.createZone('short.example', { allowUpdate: [...allowUpdate, sha256.name] })
    await until('the edge knows the zone', async () => {
      const answer = await dig(clients.server, 'short.example', 'SOA')
      return headerOf(answer).status === 'NOERROR'
    })
  })

  for (const short of SHORT)
    it(`${short} by nsupdate, where the key allows it`, async () => {
      const { file } = keys.get(short)!
      for (const args of [[], ['-v']])
        assert.deepEqual(await nsupdate(clients.server, add('short.example'), '-k', file, ...args), {
          status: 0,
          output: '',
        })
    })

  it('hmac-sha256-128 and its kin as algorithms of their own, by dnspython', async () => {
    for (const short of SHORT.slice(2)) {
      const messages = [
        { zone: 'short.example', change: [['add', 'b.short.example.', 60, 'A', '192.0.2.1']] },
      ]
      const outcome = await python('messages.py', { ...clients.server, key: keys.get(short), messages })
      assert.deepEqual(outcome, ['NOERROR'])
    }
  })

  it('of a key that asks for whole ones: NOTAUTH with BADTRUNC, signed', async () => {
    const cut = await keyFiles({ ...sha256, algorithm: 'hmac-sha256-128' })
    assert.deepEqual(await nsupdate(clients.server, add('short.example'), '-k', cut.file), {
      status: 2,
      output: '; TSIG error with server: tsig indicates error\nupdate failed: NOTAUTH(BADTRUNC)',
    })
    const output = await dig(clients.server, '-k', cut.file, 'open.example', 'SOA')
    assert.match(output, /TSIG\s+hmac-sha256\. \d+ 300 16 \S+ \d+ BADTRUNC 0/)
  })
})

async function kdig(key: ClientKey, ...args: string[]): Promise<string> {
  const { host, port } = clients.server
  const to = [`@${host}`, '-p', String(port), '-y', key.option, '+noidn']
  const { stdout, stderr } = await runCommand(toolPath('kdig'), [...to, ...args], { timeoutMs: 30_000 })
  return stdout + stderr
}

describe('kdig with a key', () => {
  it('finds answers rightly signed, over UDP and TCP', async () => {
    for (const key of [sha256, sha512])
      for (const transport of ['+notcp', '+tcp']) {
        const output = await kdig(key, transport, 'open.example', 'SOA')
        assert.match(output, /status: NOERROR/)
        assert.match(output, /TSIG PSEUDOSECTION/)
        assert.doesNotMatch(output, /WARNING|;; ERROR|failed/)
      }
  })

  it('is told what is wrong with its key', async () => {
    assert.match(await kdig(wrongSecret, 'open.example', 'SOA'), /BADSIG/)
    assert.match(await kdig(stranger, 'open.example', 'SOA'), /BADKEY/)
  })
})

describe('dig with a key', () => {
  for (const transport of ['+notcp', '+tcp'])
    for (const [title, key] of [
      ['hmac-sha256', () => sha256],
      ['hmac-sha512', () => sha512],
    ] as const)
      it(`finds answers rightly signed with ${title}, ${transport}`, async () => {
        for (const [name, status] of [
          ['open.example', 'NOERROR'],
          ['nothing.open.example', 'NXDOMAIN'],
          ['www.example.net', 'REFUSED'],
        ] as const) {
          const output = await dig(clients.server, transport, '-k', key().file, name, 'SOA')
          assert.equal(headerOf(output).status, status)
          assert.match(
            output,
            new RegExp(`^${key().name}\\.\\s+0\\s+ANY\\s+TSIG\\s+${title}\\. \\d+ 300 .* NOERROR 0`, 'm'),
          )
          assert.doesNotMatch(output, /verify|validated/)
        }
      })

  it('is told that its secret is wrong, and that its key is unknown', async () => {
    for (const [key, error] of [
      [wrongSecret, 'BADSIG'],
      [stranger, 'BADKEY'],
    ] as const) {
      const output = await dig(clients.server, '-k', key.file, 'open.example', 'SOA')
      assert.equal(headerOf(output).status, 'NOTAUTH')
      // RFC 8945 §5.3.2: no MAC, for there is no secret in common
      assert.match(output, new RegExp(`TSIG\\s+hmac-sha256\\. \\d+ 300 0 \\d+ ${error} 0`))
    }
  })
})
