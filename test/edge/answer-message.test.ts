import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Rcode } from '../../shared/dns/codes.ts'
import { ask, decoded, queryBytes, zoneWith } from './answer-support.ts'

const zone = zoneWith(`
  www  A  192.0.2.1
  ${Array.from({ length: 60 }, (_, host) => `many A 192.0.2.${host}`).join('\n')}
  ${Array.from({ length: 30 }, (_, line) => `big TXT "${line}${'x'.repeat(200)}"`).join('\n')}
  ${Array.from({ length: 25 }, (_, host) => `mx MX 10 host-number-${host}\nhost-number-${host} A 192.0.2.9`).join('\n')}
`)
const edns = (udpSize: number, more = {}) => ({ query: { edns: { udpSize, ...more } } })

describe('RFC 1035 §4.1: header and question', () => {
  it('echoes the question bit for bit', async () => {
    const query = queryBytes('wWw.eXample.COM. A')
    const { bytes } = await ask(zone, 'wWw.eXample.COM. A')
    assert.deepEqual(bytes.subarray(12, query.length), query.subarray(12))
  })
  it('copies RD, never claims recursion', async () =>
    assert.equal(
      (await ask(zone, 'www.example.com. A', { query: { flags: { rd: true } } })).status,
      'NOERROR aa rd',
    ))
  it('takes exactly one question', async () => {
    assert.equal((await ask(zone, 'www.example.com. A', { query: { questions: [] } })).status, 'FORMERR')
    const two = decoded(queryBytes('www.example.com. A')).questions.flatMap((question) => [
      question,
      question,
    ])
    assert.equal((await ask(zone, 'www.example.com. A', { query: { questions: two } })).status, 'FORMERR')
  })
})

describe('what is not answered', () => {
  const CASES = [
    ['www.example.net. A', 'REFUSED', 'a name outside our zones'],
    ['com. NS', 'REFUSED', 'a parent of our zone'],
    ['version.bind. TXT CH', 'REFUSED', 'class CH'],
    ['example.com. AXFR', 'REFUSED', 'a transfer'],
    ['example.com. IXFR', 'REFUSED', 'an incremental transfer'],
    ['example.com. MAILB', 'NOTIMP', 'an obsolete question type'],
    ['example.com. TSIG', 'FORMERR', 'a type that cannot be asked for'],
    ['example.com. TYPE200', 'FORMERR', 'a meta type without a name'],
  ] as const
  for (const [question, expected, what] of CASES)
    it(`${what}: ${expected}`, async () => {
      const { status, answer, authority, additional } = await ask(zone, question)
      assert.deepEqual([status, answer, authority, additional], [expected, [], [], []])
    })
  it('a zone of ours that is not at hand: SERVFAIL', async () => {
    const zones = { get: async () => undefined, isExpired: () => false }
    assert.equal((await ask(zone, 'www.example.com. A', { edge: { zones } })).status, 'SERVFAIL')
  })
})

describe('RFC 6891: EDNS(0)', () => {
  it('§6.1.1 OPT is in the response exactly when it was in the query', async () => {
    assert.equal((await ask(zone, 'www.example.com. A')).message.edns, undefined)
    assert.equal((await ask(zone, 'www.example.com. A', edns(4096))).message.edns?.udpSize, 1232)
  })
  it('§6.1.3 another version: BADVERS, and our version', async () => {
    const { status, message, answer } = await ask(zone, 'www.example.com. A', edns(4096, { version: 1 }))
    assert.deepEqual([status, message.edns?.version, answer], ['BADVERS', 0, []])
    assert.equal((message.edns!.extendedRcode << 4) + message.header.rcode, Rcode.BADVERS)
  })
  it('RFC 3225 §3: DO comes back as sent', async () => {
    assert.equal(
      (await ask(zone, 'www.example.com. A', edns(4096, { dnssecOk: true }))).message.edns?.dnssecOk,
      true,
    )
    assert.equal((await ask(zone, 'www.example.com. A', edns(4096))).message.edns?.dnssecOk, false)
  })
  it('unknown options are ignored', async () =>
    assert.equal(
      (
        await ask(
          zone,
          'www.example.com. A',
          edns(4096, { options: [{ code: 65001, data: Buffer.from('x') }] }),
        )
      ).status,
      'NOERROR aa',
    ))
})

describe('sizes', () => {
  it('RFC 1035 §4.2.1: at most 512 octets without EDNS, TC when there is more', async () => {
    const { status, bytes, answer } = await ask(zone, 'many.example.com. A')
    assert.deepEqual([status, answer], ['NOERROR aa tc', []])
    assert.ok(bytes.length <= 512)
  })
  it('RFC 6891 §6.2.5: as much as the client takes', async () => {
    assert.equal((await ask(zone, 'many.example.com. A', edns(1232))).status, 'NOERROR aa')
    assert.equal((await ask(zone, 'many.example.com. A', edns(900))).status, 'NOERROR aa tc')
  })
  it('§6.2.3: a size below 512 counts as 512', async () =>
    assert.equal((await ask(zone, 'www.example.com. A', edns(0))).status, 'NOERROR aa'))
  it('never more than 1232 octets over UDP', async () =>
    assert.equal((await ask(zone, 'big.example.com. TXT', edns(65_535))).status, 'NOERROR aa tc'))
  it('whole over TCP', async () => {
    const { status, answer } = await ask(zone, 'big.example.com. TXT', { transport: 'tcp' })
    assert.deepEqual([status, answer.length], ['NOERROR aa', 30])
  })
  it('RFC 2181 §9: addresses that are only a help go without TC', async () => {
    const { status, answer, additional, bytes } = await ask(zone, 'mx.example.com. MX', edns(1000))
    assert.deepEqual([status, answer.length, additional.length], ['NOERROR aa', 25, 0])
    assert.ok(bytes.length <= 1000)
  })
  it('leaves room for a signature', async () => {
    const { bytes } = await ask(zone, 'many.example.com. A', edns(1232))
    const reserve = 1232 - bytes.length
    assert.equal((await ask(zone, 'many.example.com. A', { ...edns(1232), reserve })).status, 'NOERROR aa')
    assert.equal(
      (await ask(zone, 'many.example.com. A', { ...edns(1232), reserve: reserve + 1 })).status,
      'NOERROR aa tc',
    )
  })
})
