import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readExtendedError } from '../../shared/dns/edns.ts'
import { type AskOptions, ask, zoneWith } from './answer-support.ts'

const zone = zoneWith('www A 192.0.2.1')
const shown = { identity: { version: 'zonelog 1.2.3', id: 'edge-7' } }
const option = (code: number, data: Uint8Array = Buffer.alloc(0)) => ({
  query: { edns: { udpSize: 1232, options: [{ code, data }] } },
})
const optionOf = async (code: number, options: AskOptions) => {
  const { message } = await ask(zone, 'www.example.com. A', options)
  return message.edns?.options.find((found) => found.code === code)?.data
}

describe('RFC 4892: who the server is, in class CH', () => {
  for (const [question, text] of [
    ['version.bind. TXT CH', 'zonelog 1.2.3'],
    ['VERSION.server. TXT CH', 'zonelog 1.2.3'],
    ['id.server. TXT CH', 'edge-7'],
    ['hostname.bind. TXT CH', 'edge-7'],
  ] as const)
    it(`${question}: what is to be shown, and REFUSED by default`, async () => {
      const { status, answer } = await ask(zone, question, { edge: shown })
      assert.equal(status, 'NOERROR aa')
      assert.match(answer.join(), new RegExp(`0 CH TXT "${text}"`))
      assert.equal((await ask(zone, question)).status, 'REFUSED')
    })
  it('other names and types of that class are REFUSED', async () => {
    for (const question of ['authors.bind. TXT CH', 'version.bind. A CH', 'www.example.com. A CH'])
      assert.equal((await ask(zone, question, { edge: shown })).status, 'REFUSED')
  })
})

describe('RFC 5001: NSID', () => {
  it('is the edge’s id, when it is asked for and to be shown', async () => {
    assert.equal(Buffer.from((await optionOf(3, { edge: shown, ...option(3) }))!).toString(), 'edge-7')
    assert.equal(await optionOf(3, { edge: shown, ...option(65_001) }), undefined)
    assert.equal(await optionOf(3, option(3)), undefined)
  })
})

describe('RFC 7828: TCP keepalive', () => {
  it('tells how long a connection may be idle, in tenths of a second; nothing over UDP', async () => {
    assert.deepEqual([...(await optionOf(11, { transport: 'tcp', ...option(11) }))!], [0, 100])
    assert.equal(await optionOf(11, { transport: 'tcp', ...option(3) }), undefined)
    assert.equal(await optionOf(11, option(11)), undefined)
  })
})

describe('RFC 8914: why there is no answer', () => {
  const EDNS = { query: { edns: { udpSize: 1232 } } }
  const unavailable = { zones: { get: async () => undefined, isExpired: () => false } }
  const expired = { zones: { ...unavailable.zones, isExpired: () => true } }
  for (const [what, question, edge, code] of [
    ['20 Not Authoritative outside our zones', 'www.example.net. A', {}, 20],
    ['18 Prohibited for what is not to be shown', 'version.bind. TXT CH', {}, 18],
    ['21 Not Supported for MAILB', 'example.com. MAILB', {}, 21],
    ['14 Not Ready for a zone that is not at hand', 'www.example.com. A', unavailable, 14],
    ['24 Invalid Data for a zone that has expired', 'www.example.com. A', expired, 24],
  ] as const)
    it(what, async () => {
      const { message } = await ask(zone, question, { edge, ...EDNS })
      assert.equal(readExtendedError(message.edns!.options)?.code, code)
      assert.equal((await ask(zone, question, { edge })).message.edns, undefined)
    })
})
