import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ServerCookies } from '../../services/edge/answer/cookies.ts'
import { Class, Opcode, Rcode, Type } from '../../shared/dns/codes.ts'
import { OptionCode, readExtendedError } from '../../shared/dns/edns.ts'
import { encodeMessage, type Message, type MessageParts } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { Serial } from '../../shared/dns/serial.ts'
import { withSerial } from '../../shared/dns/soa.ts'
import { sipHashKey } from '../../shared/siphash.ts'
import { addA } from '../support/dns-client.ts'
import { decoded, responderOf, zoneWith } from './answer-support.ts'
import { MessageEdge } from './message-edge.ts'

const zone = zoneWith('www A 192.0.2.1')
const asking = (type: number, parts: Partial<MessageParts> = {}) =>
  encodeMessage({ id: 1, questions: [{ name: zone.apex, type, class: Class.IN }], ...parts })
const soa = { ...zone.soa, class: Class.IN, rdata: zone.soa.rdata[0]! }

const xfrAnswer = async (edge: MessageEdge, bytes: Uint8Array, transport: 'udp' | 'tcp') => {
  const answer = await edge.send(bytes, { transport })
  assert.ok(answer !== undefined)
  if (answer instanceof Uint8Array) return [decoded(answer)]
  const messages: Message[] = []
  for await (const message of answer) messages.push(decoded(message))
  return messages
}

describe('transfers have the options of other answers', () => {
  const secret = sipHashKey(Buffer.alloc(16, 5))
  const edge = new MessageEdge(
    zone,
    responderOf([zone], {
      cookies: new ServerCookies(() => [secret]),
      identity: { version: undefined, id: 'edge-1' },
    }),
  )
  const options = [
    { code: OptionCode.COOKIE, data: Buffer.alloc(8, 1) },
    { code: OptionCode.NSID, data: new Uint8Array() },
  ]
  const edns = { dnssecOk: true, options }
  const old = { ...soa, rdata: withSerial(soa.rdata, 6 as Serial) }
  for (const [what, bytes, transport] of [
    ['AXFR', asking(Type.AXFR, { edns }), 'tcp'],
    ['IXFR', asking(Type.IXFR, { authorities: [old], edns }), 'tcp'],
    ['IXFR over UDP', asking(Type.IXFR, { authorities: [old], edns }), 'udp'],
    ['IXFR that is up to date', asking(Type.IXFR, { authorities: [soa], edns }), 'tcp'],
    ['a refusal', asking(Type.IXFR, { edns }), 'tcp'],
  ] as const)
    it(`${what}: COOKIE (RFC 7873), NSID (RFC 5001), and DO as it was sent`, async () => {
      const [first, ...others] = await xfrAnswer(edge, bytes, transport)
      const codes = first!.edns!.options.map(({ code }) => code).filter((code) => code !== 15)
      assert.deepEqual([codes, first!.edns!.dnssecOk], [[OptionCode.COOKIE, OptionCode.NSID], true])
      assert.ok(others.every((message) => message.edns === undefined))
    })
  it('and none without EDNS', async () => {
    const [first] = await xfrAnswer(edge, asking(Type.AXFR), 'tcp')
    assert.equal(first!.edns, undefined)
  })
  it('RFC 8914: a transfer that is refused says why, and a zone that has expired is 24 Invalid Data', async () => {
    const cache = { get: async () => undefined, isExpired: () => true, mayCome: () => false }
    const expired = new MessageEdge(zone, responderOf([zone]), { cache })
    const elsewhere = encodeMessage({
      id: 1,
      questions: [{ name: nameOf('example.net.'), type: Type.IXFR, class: Class.IN }],
      edns: {},
    })
    for (const [who, bytes, code] of [
      [edge, asking(Type.IXFR, { edns: {} }), 0],
      [edge, elsewhere, 20],
      [expired, asking(Type.IXFR, { authorities: [old], edns: {} }), 24],
    ] as const) {
      const [{ edns: ours }] = (await xfrAnswer(who, bytes, 'udp')) as [Message]
      const { code: found, text } = readExtendedError(ours!.options)!
      assert.equal(found, code)
      assert.match(text, / \(ref [0-9a-f]+\)$/)
    }
  })
})

describe('what an edge takes over UDP (ZONELOG_UDP_SIZE)', () => {
  const edns = {}
  const soaOf = (opcode: number) => asking(Type.SOA, { opcode, edns })
  for (const [what, bytes, transport] of [
    ['a query', soaOf(Opcode.QUERY), 'udp'],
    ['UPDATE', soaOf(Opcode.UPDATE), 'udp'],
    ['NOTIFY', soaOf(Opcode.NOTIFY), 'udp'],
    ['AXFR', asking(Type.AXFR, { edns }), 'tcp'],
    ['IXFR', asking(Type.IXFR, { authorities: [soa], edns }), 'udp'],
    ['a transfer that is refused', asking(Type.AXFR, { edns }), 'udp'],
    ['another version of EDNS', asking(Type.AXFR, { edns: { version: 1 } }), 'udp'],
  ] as const)
    it(`is said in the answer to ${what}`, async () => {
      const edge = new MessageEdge(zone, responderOf([zone], { udpSize: 700 }))
      const [first] = await xfrAnswer(edge, bytes, transport)
      assert.equal(first!.edns?.udpSize, 700)
    })
})

describe('RFC 8945 §5.3: a signed query over UDP without EDNS', () => {
  it('is answered whole where answer and signature have 512 octets together, also about a long name', async () => {
    const long = zoneWith('* A 192.0.2.1')
    const edge = new MessageEdge(long, responderOf([long]))
    const name = nameOf(`${'a'.repeat(50)}.${'b'.repeat(50)}.example.com.`)
    const query = encodeMessage({ id: 1, questions: [{ name, type: Type.A, class: Class.IN }] })
    const answer = (await edge.send(edge.signed(query))) as Uint8Array
    const { header, questions, answers, tsig } = decoded(answer)
    assert.deepEqual([questions.length, answers.length, header.tc], [1, 1, false])
    assert.ok(tsig !== undefined && answer.length <= 512)
  })
  it('and is cut where they have more', async () => {
    const wide = zoneWith(Array.from({ length: 26 }, (_, host) => `www A 192.0.2.${host}`).join('\n'))
    const edge = new MessageEdge(wide, responderOf([wide]))
    const questions = [{ name: nameOf('www.example.com.'), type: Type.A, class: Class.IN }]
    const query = encodeMessage({ id: 1, questions })
    const unsigned = decoded((await edge.send(query)) as Uint8Array)
    const answer = (await edge.send(edge.signed(query))) as Uint8Array
    const signed = decoded(answer)
    assert.deepEqual([unsigned.header.tc, signed.header.tc, signed.questions.length], [false, true, 1])
    assert.ok(answer.length <= 512)
  })
})

describe('RFC 7873 §5.2.2: a malformed COOKIE', () => {
  const data = Buffer.alloc(9)
  const edns = { options: [{ code: OptionCode.COOKIE, data }] }
  const cookies = new ServerCookies(() => [sipHashKey(Buffer.alloc(16, 5))])
  const rcodeOf = async (bytes: Uint8Array, isSigned: boolean) => {
    const edge = new MessageEdge(zone, responderOf([zone], { cookies }))
    const [first] = await xfrAnswer(edge, isSigned ? edge.signed(bytes) : bytes, 'tcp')
    assert.equal(first!.tsig !== undefined, isSigned)
    return [first!.header.rcode, edge.refusals.map(({ reason }) => reason)]
  }
  for (const isSigned of [false, true])
    it(`is FORMERR, in transfers and NOTIFY too${isSigned ? ', signed' : ''}`, async () => {
      for (const bytes of [
        asking(Type.AXFR, { edns }),
        asking(Type.IXFR, { authorities: [soa], edns }),
        asking(Type.SOA, { opcode: Opcode.NOTIFY, edns }),
      ])
        assert.deepEqual(await rcodeOf(bytes, isSigned), [Rcode.FORMERR, ['malformed']])
    })
  it('but does not stop an UPDATE', async () =>
    assert.deepEqual(await rcodeOf(asking(Type.SOA, { opcode: Opcode.UPDATE, edns }), false), [
      Rcode.NOERROR,
      [],
    ]))
})

describe('RFC 6891 §6.1.3: EDNS of another version', () => {
  const edns = { version: 1 }
  const updates = [addA('new.example.com.', '192.0.2.2')]
  const MESSAGES = [
    ['UPDATE', asking(Type.SOA, { opcode: Opcode.UPDATE, authorities: updates, edns })],
    ['NOTIFY', asking(Type.SOA, { opcode: Opcode.NOTIFY, edns })],
    ['AXFR', asking(Type.AXFR, { edns })],
    ['IXFR', asking(Type.IXFR, { authorities: [soa], edns })],
  ] as const
  for (const [what, unsigned] of MESSAGES)
    for (const isSigned of [false, true])
      it(`${what}${isSigned ? ', signed' : ''}: BADVERS, counted and audited, and nothing is done`, async () => {
        const edge = new MessageEdge(zone, responderOf([zone]))
        const answer = await edge.send(isSigned ? edge.signed(unsigned) : unsigned, { transport: 'tcp' })
        const { header, edns: ours, tsig, answers } = decoded(answer as Uint8Array)
        assert.equal((ours!.extendedRcode << 4) | header.rcode, Rcode.BADVERS)
        assert.deepEqual([ours!.version, tsig !== undefined, answers], [0, isSigned, []])
        assert.equal(readExtendedError(ours!.options)?.code, 21)
        assert.deepEqual(
          edge.refusals.map(({ reason, rcode, zone: name }) => [reason, rcode, name]),
          [['edns-version', Rcode.BADVERS, zone.apex]],
        )
        assert.deepEqual([edge.commands, edge.serials, edge.asked], [[], [], []])
      })
})
