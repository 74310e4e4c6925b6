import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { SAMPLES } from '../dns/samples.ts'
import { BindServer } from '../support/bind.ts'
import {
  ANYBODY_HERE,
  type ClientSystem,
  knowsZones,
  letSignersIn,
  startClientSystem,
} from '../support/client-system.ts'
import { digAnswers } from '../support/dig.ts'
import { nsupdate, type ServerAddress } from '../support/nsupdate.ts'

// Records of every type, put in by nsupdate, come back in dig as from BIND itself.

const ZONE = 'types.example'
const ZONE_FILE = `
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
`
/** BIND keeps these to itself or wants others beside them, so there is nothing to compare with. */
const BIND_REFUSES = new Set(['NS', 'DS', 'DNSKEY', 'NSEC', 'NSEC3', 'NSEC3PARAM', 'RRSIG', 'SIG'])
const ODD: readonly (readonly [type: string, text: string])[] = [
  ['TXT', '""'],
  ['TXT', '"semicolon; in quotes" "(parentheses)" "a \\"quote\\" and a \\\\ backslash"'],
  ['TXT', '"\\000\\001\\127\\128\\255" "tab\\009tab" "caf\\195\\169"'],
  ['TXT', `"heritage=external-dns,external-dns/owner=default,external-dns/resource=ingress/x/y"`],
  ['TXT', Array.from({ length: 20 }, (_, index) => `"${String(index).repeat(100).slice(0, 200)}"`).join(' ')],
  ['TYPE65280', '\\# 0'],
  ['TYPE65280', '\\# 4 00ff0102'],
  ['TYPE1234', '\\# 3 616263'],
  ['TYPE1', '\\# 4 c0000201'],
  ['A', '\\# 4 c0000202'],
  ['MX', '0 a\\.b\\\\c\\032d.other.example.'],
  ['SRV', '0 0 443 MixedCase.Other.Example.'],
  ['CNAME', '\\@\\$\\;.other.example.'],
]

let clients: ClientSystem
let bind: BindServer
before(async () => {
  ;[clients, bind] = await Promise.all([startClientSystem(), BindServer.withZone(ZONE, ZONE_FILE)])
  await clients.api.createZone(ZONE, { file: ZONE_FILE, allowUpdate: ANYBODY_HERE })
  await letSignersIn(clients.api, ZONE)
  await knowsZones(clients.edge, 1)
})
after(async () => {
  await bind?.stop()
  await clients?.system.close()
})

interface Sample {
  readonly owner: string
  readonly type: string
  readonly text: string
}

const SAMPLE_RECORDS: readonly Sample[] = [
  ...SAMPLES.flatMap(([type, ...texts]) => texts.map((text) => [type, text] as const)),
  ...ODD,
]
  // nsupdate cannot send RDATA of no octets in the text of its type
  .filter(([, text]) => text !== '')
  .map(([type, text], index) => ({ owner: `${type}-${index}.Types.example`, type, text }))

/** All of them by one nsupdate; names that are not absolute would be relative to the root. */
async function add(server: ServerAddress, samples: readonly Sample[]): Promise<void> {
  const lines = samples.map(({ owner, type, text }) => `update add ${owner} 60 ${type} ${text}`)
  const commands = `check-names off\nzone ${ZONE}\n${lines.join('\n')}`
  assert.deepEqual(await nsupdate(server, commands, '-v'), { status: 0, output: '' })
}

const read = (server: ServerAddress, samples: readonly Sample[]) =>
  digAnswers(
    server,
    samples.map(({ owner, type }) => `${owner} ${type}`),
    '+nosplit',
  )

describe('records put in by nsupdate', () => {
  it('come back as from BIND, of every type that BIND takes', async () => {
    const samples = SAMPLE_RECORDS.filter(({ type }) => !BIND_REFUSES.has(type))
    await add(clients.server, samples)
    await add(bind.address, samples)
    const ours = await read(clients.server, samples)
    assert.equal(ours.length, samples.length)
    assert.deepEqual(ours, await read(bind.address, samples))
  })

  it('come back the same when what came back is sent, of every type', async () => {
    const samples = SAMPLE_RECORDS.filter(({ type }) => type !== 'NS').map((sample) => ({
      ...sample,
      owner: `again-${sample.owner}`,
    }))
    await add(clients.server, samples)
    const first = await read(clients.server, samples)
    assert.equal(first.length, samples.length)
    const again = first.map((line) => {
      const [owner = '', , , type = '', ...words] = line.split(' ')
      return { owner: `third-${owner}`, type, text: words.join(' ') }
    })
    await add(clients.server, again)
    assert.deepEqual(
      await read(clients.server, again),
      first.map((line) => `third-${line}`),
    )
  })

  it('keep the letter case of owners and of names in them', async () => {
    await add(clients.server, [{ owner: `PrinteR.${ZONE}`, type: 'PTR', text: 'Laser.Jet.Example.' }])
    const exported = await clients.api.export(ZONE)
    assert.match(exported, /^PrinteR\.types\.example\.\s60\sIN\sPTR\sLaser\.Jet\.Example\.$/m)
    // the owner in an answer is the one asked for, when it is compressed against the question
    const [line] = await digAnswers(clients.server, [`printer.${ZONE} PTR`])
    assert.match(line!, /^printer\.types\.example\. 60 IN PTR Laser\.Jet\.Example\.$/i)
    assert.deepEqual(
      await nsupdate(clients.server, `zone ${ZONE}\nupdate delete pRINTER.${ZONE} PTR laser.jet.EXAMPLE.`),
      {
        status: 0,
        output: '',
      },
    )
    assert.deepEqual(await digAnswers(clients.server, [`printer.${ZONE} PTR`]), [])
  })

  it('NS below the apex is a delegation at once, and none when it is gone', async () => {
    const change = (verb: string) =>
      nsupdate(clients.server, `zone ${ZONE}\nupdate ${verb} branch.${ZONE} 60 NS ns.other.example.`)
    await change('add')
    assert.deepEqual(await digAnswers(clients.server, [`x.branch.${ZONE} A`], '+authority'), [
      `branch.${ZONE}. 60 IN NS ns.other.example.`,
    ])
    await nsupdate(clients.server, `zone ${ZONE}\nupdate delete branch.${ZONE} NS`)
    const [soa = ''] = await digAnswers(clients.server, [`x.branch.${ZONE} A`], '+authority')
    assert.match(soa, / IN SOA /)
  })
})
