import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { nameOf } from '../../shared/dns/name.ts'
import {
  type ClientKey,
  type ClientSystem,
  createClientKey,
  keyFiles,
  knowsZones,
  startClientSystem,
} from '../support/client-system.ts'
import { dig } from '../support/dig.ts'
import { addA, DnsClient } from '../support/dns-client.ts'
import { transfer as transferAll } from '../support/transfer.ts'
import { type Ask, accepted, type Transferred, transfer, transfers } from './clients.ts'
import { until } from './patience.ts'

let clients: ClientSystem
let key: ClientKey
let other: ClientKey
const LINES = 3_000

function zoneFile(zone: string, lines = 0): string {
  const hosts = Array.from(
    { length: lines },
    (_, host) => `host-${host} 300 A 10.0.${host >> 8}.${host & 255}`,
  )
  return `$ORIGIN ${zone}.\n@ 3600 SOA ns1 hostmaster 1 3600 600 1209600 300\n@ NS ns1\nns1 A 127.0.0.1\n${hosts.join('\n')}\n`
}

before(async () => {
  clients = await startClientSystem()
  ;[key, other] = [await createClientKey(clients.api, 'xfr'), await createClientKey(clients.api, 'other')]
  const create = (zone: string, allowTransfer: string[], lines = 0) =>
    clients.api.createZone(zone, {
      file: zoneFile(zone, lines),
      allowUpdate: ['127.0.0.0/8'],
      allowTransfer,
    })
  await create('closed.example', [])
  await create('keyed.example', ['xfr'])
  await create('open.example', ['127.0.0.0/8'], LINES)
  await create('both.example', ['xfr+ip:127.0.0.1'])
  await create('elsewhere.example', ['192.0.2.0/24', 'xfr+ip:192.0.2.0/24'])
  await knowsZones(clients.edge, 5)
})
after(() => clients.system.close())

const ask = (zone: string, more: Partial<Ask> = {}, by = key) =>
  transfer(clients.server, by, { zone, ...more })
const outcome = ({ rcode, error, records }: Transferred) => rcode ?? error ?? `${records.length} records`

describe('RFC 5936 AXFR', () => {
  it('sends the SOA, every record once, and the SOA; many in a message, names compressed, all signed if the request was', async () => {
    const [signed, unsigned] = await transfers(
      clients.server,
      key,
      { zone: 'open.example' },
      { zone: 'open.example', signed: false },
    )
    for (const { records, sizes, messages } of [signed!, unsigned!]) {
      assert.equal(records.length, LINES + 4)
      assert.equal(new Set(records).size, LINES + 3)
      assert.equal(records[0], records.at(-1))
      assert.match(records[0]!, /^open\.example\. 3600 IN SOA /)
      assert.ok(messages > 2 && messages < 20, `${messages} messages`)
      assert.ok(Math.max(...sizes) <= 16 * 1024)
      const octets = sizes.reduce((sum, size) => sum + size, 0)
      assert.ok(octets < LINES * 30, `${octets} octets`)
    }
    assert.deepEqual([signed!.signed, unsigned!.signed], [signed!.messages, 0])
  })

  it('is what dig expects', async () => {
    const got = await dig(clients.server, 'open.example', 'AXFR', '-y', key.option)
    assert.match(got, new RegExp(`XFR size: ${LINES + 4} records`))
    assert.doesNotMatch(got, /TSIG .*(failed|error)/i)
  })

  it('goes over TCP only', async () => {
    assert.equal(outcome(await ask('open.example', { udp: true })), 'FORMERR')
  })
})

describe('who may transfer', () => {
  const cases = [
    ['closed.example', 'nobody', { unsigned: 'REFUSED', xfr: 'REFUSED', other: 'REFUSED' }],
    ['keyed.example', 'a key', { unsigned: 'REFUSED', xfr: '4 records', other: 'REFUSED' }],
    ['both.example', 'a key from an address', { unsigned: 'REFUSED', xfr: '4 records', other: 'REFUSED' }],
    [
      'elsewhere.example',
      'another address, with a key or without',
      { unsigned: 'REFUSED', xfr: 'REFUSED', other: 'REFUSED' },
    ],
    ['missing.example', 'a zone that is not here', { unsigned: 'NOTAUTH', xfr: 'NOTAUTH', other: 'NOTAUTH' }],
  ] as const
  for (const [zone, whom, expected] of cases)
    it(`${zone}: ${whom}`, async () => {
      const [unsigned, xfr] = await transfers(clients.server, key, { zone, signed: false }, { zone })
      const found = {
        unsigned: outcome(unsigned!),
        xfr: outcome(xfr!),
        other: outcome(await ask(zone, {}, other)),
      }
      assert.deepEqual(found, expected)
    })

  it('a key that is not known, or has another secret: NOTAUTH, BADKEY or BADSIG', async () => {
    const stranger = await keyFiles({ name: 'stranger', algorithm: 'hmac-sha256', secret: key.secret })
    const impostor = await keyFiles({ name: 'xfr', algorithm: 'hmac-sha256', secret: other.secret })
    assert.equal((await ask('keyed.example', {}, stranger)).error, 'PeerBadKey')
    assert.equal((await ask('keyed.example', {}, impostor)).error, 'PeerBadSignature')
  })

  it('a refusal says why: in the answer where EDNS allows it, in the audit, and in the metrics', async () => {
    const [refused, withoutEdns] = await transfers(
      clients.server,
      key,
      { zone: 'keyed.example', signed: false },
      { zone: 'keyed.example', signed: false, edns: false },
    )
    const [[code, text]] = refused!.ede as [[number, string]]
    assert.equal(code, 18)
    assert.match(text, /^transfer not permitted \(ref [0-9a-f]+\)$/)
    assert.deepEqual(withoutEdns!.ede, [])
    await until('the audit has it', async () => {
      const { refusals } = await clients.api.get('/v1/refusals')
      const reasons = new Set(
        (refusals as { reason: string; zone: string }[]).map((row) => `${row.zone} ${row.reason}`),
      )
      return reasons.has('keyed.example. transfer-not-allowed') && reasons.has('keyed.example. tsig-badsig')
    })
    const metrics = await (await fetch(`http://127.0.0.1:${clients.edge.httpPort}/metrics`)).text()
    assert.match(metrics, /zonelog_edge_transfer_refusals_total\{reason="transfer-not-allowed"\} [1-9]/)
  })

  it('holds at the edge within a second of being set', async () => {
    const set = (allowTransfer: string[]) =>
      clients.api.patch('/v1/zones/closed.example', { transfers: { allowTransfer } })
    await set(['xfr'])
    await until('it is allowed', async () => outcome(await ask('closed.example')) === '4 records')
    await set([])
    await until('it is refused', async () => outcome(await ask('closed.example')) === 'REFUSED')
  })

  it('is said of a setting that cannot be: all faults at once, and nothing is changed', async () => {
    const response = await clients.api.fetch('/v1/zones/keyed.example', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        transfers: { allowTransfer: ['10.0.0.0/33', 'xfr+10.0.0.300'], notify: ['192.0.2.1:99999', 'a..b'] },
      }),
    })
    const problem = (await response.json()) as { code: string; errors: unknown[] }
    assert.deepEqual([response.status, problem.code, problem.errors.length], [422, 'bad-transfer', 4])
    const unknown = await clients.api.fetch('/v1/zones/keyed.example', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ transfers: { allowTransfer: ['xfrr'] } }),
    })
    assert.match(await unknown.text(), /did you mean xfr\?/)
    assert.deepEqual((await clients.api.get('/v1/zones/keyed.example')).transfers.allowTransfer, ['xfr'])
  })
})

describe('P4: read your writes', () => {
  it('a transfer right after NOERROR has the change, under load', async () => {
    const client = await DnsClient.to(clients.edge.port)
    const zone = nameOf('keyed.example.')
    await clients.api.patch(`/v1/zones/${zone}`, { transfers: { allowTransfer: ['127.0.0.0/8'] } })
    await until('it is allowed', () =>
      transferAll(clients.server, zone).then(
        () => true,
        () => false,
      ),
    )
    for (let round = 0; round < 10; round++) {
      const names = Array.from({ length: 20 }, (_, index) => `p4-${round}-${index}.${zone}`)
      const answers = names.map(async (name) => {
        await accepted(client, { zone, updates: [addA(name, '192.0.2.1')] })
        const records = await transferAll(clients.server, zone)
        assert.ok(
          records.some((record) => record.name === name),
          `${name} is not in the transfer`,
        )
      })
      await Promise.all(answers)
    }
    client.close()
  })
})
