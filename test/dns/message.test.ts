import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import * as dnsPacket from 'dns-packet'
import fc from 'fast-check'
import { Class, Opcode, Rcode, Type } from '../../shared/dns/codes.ts'
import {
  decodeMessage,
  encodeMessage,
  encodeResponse,
  type Message,
  readHeader,
} from '../../shared/dns/message.ts'
import { nameOf, nameToWire, ROOT } from '../../shared/dns/name.ts'
import { type ResourceRecord, readRecords, recordToWire } from '../../shared/dns/record.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')
const hexOf = (octets: Uint8Array) => Buffer.from(octets).toString('hex')

function decoded(bytes: Uint8Array): Message {
  const message = decodeMessage(bytes)
  assert.ok(message.ok, message.ok ? '' : `${message.reason} at ${message.at}`)
  return message.value
}

function reasonOf(bytes: Uint8Array): string {
  const message = decodeMessage(bytes)
  return message.ok ? 'decoded' : message.reason
}

const ZONE = '07 6578616d706c65 00 0006 0001'
const UPDATES = [
  {
    title: '§2.5.2 delete an RRset, then §2.5.1 add to it',
    wire: `1234 2800 0001 0000 0002 0000 ${ZONE}
           c00c 0001 00ff 00000000 0000
           c00c 0001 0001 0000003c 0004 c0000201`,
    prerequisites: [],
    updates: ['example. 1 255 0 ', 'example. 1 1 60 c0000201'],
  },
  {
    title: '§2.4.1 to §2.4.5, one prerequisite of each form',
    wire: `1234 2800 0001 0005 0000 0000 ${ZONE}
           c00c 0001 00ff 00000000 0000
           c00c 0001 0001 00000000 0004 c0000201
           c00c 00ff 00ff 00000000 0000
           c00c 0001 00fe 00000000 0000
           c00c 00ff 00fe 00000000 0000`,
    prerequisites: [
      'example. 1 255 0 ',
      'example. 1 1 0 c0000201',
      'example. 255 255 0 ',
      'example. 1 254 0 ',
      'example. 255 254 0 ',
    ],
    updates: [],
  },
  {
    title: '§2.5.4 delete an MX from an RRset: class NONE, and its name decompressed (RFC 3597 §4)',
    wire: `1234 2800 0001 0000 0001 0000 ${ZONE}
           03 777777 c00c 000f 00fe 00000000 0009 000a 04 6d61696c c00c`,
    prerequisites: [],
    updates: ['www.example. 15 254 0 000a046d61696c076578616d706c6500'],
  },
  {
    title: '§2.5.3 delete all RRsets of a name whose octets are no letters',
    wire: `1234 2800 0001 0000 0001 0000 ${ZONE}
           03 2e00ff c00c 00ff 00ff 00000000 0000`,
    prerequisites: [],
    updates: ['\\.\\000\\255.example. 255 255 0 '],
  },
]

const show = (record: ResourceRecord) =>
  `${record.name} ${record.type} ${record.class} ${record.ttl} ${hexOf(record.rdata)}`

describe('RFC 2136 §2 update messages', () => {
  for (const { title, wire, prerequisites, updates } of UPDATES) {
    const bytes = hex(wire)
    it(title, () => {
      const message = decoded(bytes)
      assert.equal(message.header.opcode, Opcode.UPDATE)
      assert.deepEqual(message.questions, [{ name: 'example.', type: Type.SOA, class: Class.IN }])
      assert.deepEqual(message.answers.map(show), prerequisites)
      assert.deepEqual(message.authorities.map(show), updates)
      assert.equal(message.questionEnd, 25)
    })
    it(`${title}: every shorter prefix is malformed, never a throw`, () => {
      for (let end = 0; end < bytes.length; end++)
        assert.equal(decodeMessage(bytes.subarray(0, end)).ok, false)
    })
    it(`${title}: an octet more is malformed`, () => {
      assert.match(reasonOf(Buffer.concat([bytes, Buffer.of(0)])), /after the last record/)
    })
    it(`${title}: any octet changed is never a throw`, () => {
      const copy = Buffer.from(bytes)
      for (let at = 0; at < copy.length; at++) {
        for (const octet of [0, 1, 0x3f, 0x40, 0xc0, 0xff]) {
          copy[at] = octet
          decodeMessage(copy)
        }
        copy[at] = bytes[at]!
      }
    })
  }
})

describe('RFC 1035 §4.1 the header', () => {
  it('is read from 12 octets, and not from 11', () => {
    assert.equal(readHeader(Buffer.alloc(11)), undefined)
    const header = readHeader(hex('abcd afff 0001 0002 0003 0004'))
    assert.deepEqual(header, {
      id: 0xabcd,
      flags: 0xafff,
      qr: true,
      opcode: Opcode.UPDATE,
      aa: true,
      tc: true,
      rd: true,
      ra: true,
      ad: true,
      cd: true,
      rcode: 15,
      counts: { qd: 1, an: 2, ns: 3, ar: 4 },
    })
  })
  it('announces no more than there is', () => {
    assert.equal(reasonOf(hex('0001 0000 ffff ffff ffff ffff')), 'name runs past the end')
  })
})

describe('RFC 3597 §4 names inside RDATA', () => {
  const withRdata = (type: string, rdata: string) =>
    hex(`0001 2800 0001 0000 0001 0000 ${ZONE}
      c00c ${type} 0001 00000000 ${hex(rdata).length.toString(16).padStart(4, '0')} ${rdata}`)
  const rdataOf = (type: string, rdata: string) =>
    hexOf(decoded(withRdata(type, rdata)).authorities[0]!.rdata)
  const NAME = '076578616d706c6500'

  it('are decompressed for SOA, RP, SRV and the others listed, with what stands around them', () => {
    assert.equal(
      rdataOf('0006', `c00c 0161c00c ${'00'.repeat(19)}07`),
      `${NAME}0161${NAME}${'00'.repeat(19)}07`,
    )
    assert.equal(rdataOf('0011', `c00c 00`), `${NAME}00`)
    assert.equal(rdataOf('0021', `0001 0002 0003 c00c`), `000100020003${NAME}`)
    assert.equal(rdataOf('0023', `0001 0002 0153 00 0178 c00c`), `00010002015300${'0178'}${NAME}`)
  })
  it('are left alone for later types, where a pointer is no name', () => {
    assert.equal(rdataOf('0027', 'c00c'), 'c00c') // DNAME
    assert.equal(rdataOf('ff00', 'c00c'), 'c00c')
  })
  it('must end with the RDATA', () => {
    assert.match(reasonOf(withRdata('0002', '0161')), /past the end/)
    assert.match(reasonOf(withRdata('000f', '00')), /number/)
  })
  it('keep octets that are too many, for the check of the type to refuse', () => {
    assert.equal(rdataOf('0002', 'c00c ff'), `${NAME}ff`)
  })
})

describe('RFC 6891 EDNS', () => {
  const query = (additional: string, count = 1) => hex(`0001 0000 0000 0000 0000 000${count} ${additional}`)
  it('is read with every option as octets, whatever the option means', () => {
    const message = decoded(query('00 0029 04d0 01008000 000c 0008 0000 0002 0004 00000e10'))
    assert.deepEqual(message.edns, {
      udpSize: 1232,
      extendedRcode: 1,
      version: 0,
      dnssecOk: true,
      options: [
        { code: 8, data: Buffer.alloc(0) },
        { code: 2, data: Buffer.from([0, 0, 14, 16]) },
      ],
    })
    assert.deepEqual(message.additionals, [])
  })
  it('is malformed twice, below another owner, elsewhere, or with options that run over', () => {
    const opt = '00 0029 04d0 00000000 0000'
    assert.match(reasonOf(query(opt + opt, 2)), /second OPT/)
    assert.match(reasonOf(query('0161 00 0029 04d0 00000000 0000')), /root/)
    assert.match(reasonOf(hex(`0001 0000 0000 0001 0000 0000 ${opt}`)), /outside/)
    assert.match(reasonOf(query('00 0029 04d0 00000000 0003 000000')), /option/)
    assert.match(reasonOf(query('00 0029 04d0 00000000 0005 00080002 00')), /option/)
  })
  it('comes back as it went', () => {
    const options = [
      { code: 65001, data: Buffer.from('any') },
      { code: 8, data: Buffer.from([1]) },
      { code: 12, data: Buffer.alloc(0) },
    ]
    const edns = { udpSize: 4096, extendedRcode: 0, version: 0, dnssecOk: true, options }
    assert.deepEqual(decoded(encodeMessage({ id: 1, edns })).edns, edns)
  })
  it('carries the upper bits of an rcode', () => {
    const { bytes } = encodeResponse({ id: 1, opcode: 0, rcode: Rcode.BADVERS, edns: {} })
    const message = decoded(bytes)
    assert.equal(message.header.rcode, 0)
    assert.equal(message.edns?.extendedRcode, 1)
    assert.throws(() => encodeResponse({ id: 1, opcode: 0, rcode: Rcode.BADVERS }), RangeError)
  })
})

describe('RFC 8945 §5.1 and RFC 2931 §3.1 transaction signatures', () => {
  const tsig = '0161 00 00fa 00ff 00000000 000f 00 000000000001 012c 0000 abcd 0000 0000'.replace(
    '000f',
    '0011',
  )
  const other = '00 0001 0001 00000000 0000'
  const sig0 = `00 0018 00ff 00000000 0014 0000 ${'00'.repeat(17)} 01`
  const message = (count: number, additional: string) =>
    hex(`0001 2800 0000 0000 0000 000${count} ${additional}`)
  it('are taken when they come last', () => {
    const read = decoded(message(2, other + tsig))
    assert.equal(read.tsig?.keyName, 'a.')
    assert.equal(read.tsig?.originalId, 0xabcd)
    assert.equal(read.signatureStart, 12 + hex(other).length)
    assert.equal(read.additionals.length, 1)
    const signed = decoded(message(1, sig0))
    assert.deepEqual([signed.sig0?.signer, signed.additionals.length], ['.', 0])
  })
  it('are malformed anywhere else', () => {
    assert.match(reasonOf(message(2, tsig + other)), /not the last/)
    assert.match(reasonOf(message(2, tsig + tsig)), /not the last/)
    assert.match(reasonOf(message(2, sig0 + other)), /not the last/)
    assert.match(reasonOf(hex(`0001 2800 0000 0000 0001 0000 ${tsig}`)), /outside/)
  })
  it('are malformed in another class than ANY and in any shorter form', () => {
    assert.match(reasonOf(message(1, tsig.replace('00ff', '0001'))), /class/)
    const rdata = hex('00 000000000001 012c 0000 abcd 0000 0000')
    for (let length = 0; length < rdata.length; length++) {
      const short = `0161 00 00fa 00ff 00000000 ${length.toString(16).padStart(4, '0')} ${hexOf(rdata.subarray(0, length))}`
      assert.equal(decodeMessage(message(1, short)).ok, false)
    }
  })
})

describe('RFC 1035 §4.1.4 and RFC 2181 §9 responses', () => {
  const a = (name: string, ttl = 60): ResourceRecord => ({
    name: nameOf(name),
    type: Type.A,
    class: Class.IN,
    ttl,
    rdata: Buffer.from([192, 0, 2, 1]),
  })
  const question = hex('03 577757 07 6578616d706c65 00 0001 0001')

  it('echo the question bit for bit', () => {
    const { bytes } = encodeResponse({ id: 7, opcode: 5, rcode: 5, questionBytes: question })
    assert.equal(hexOf(bytes), `0007a8050001000000000000${hexOf(question)}`)
  })
  it('compress owners against the question and each other, and keep their case', () => {
    const { bytes } = encodeResponse({
      id: 7,
      opcode: 0,
      rcode: 0,
      flags: { aa: true, rd: true },
      questionBytes: question,
      answers: [{ ...a('www.example'), name: 'WwW.example.' as never }, a('www.example'), a('b.example')],
      additionals: [a('b.example'), a('.')],
    })
    const message = decoded(bytes)
    assert.deepEqual(
      [...message.answers, ...message.additionals].map((record) => record.name),
      ['WwW.example.', 'www.example.', 'b.example.', 'b.example.', '.'],
    )
    assert.equal(
      bytes.length,
      12 + question.length + (2 + 14) + (4 + 2 + 14) + (2 + 2 + 14) + (2 + 14) + (1 + 14),
    )
    assert.equal(message.header.aa && message.header.rd && message.header.qr, true)
  })
  it('compress names in the RDATA of the types of RFC 1035, and no others', () => {
    const name = (text: string) => Buffer.from(nameToWire(nameOf(text)))
    const record = (type: number, ...rdata: Uint8Array[]) => ({
      name: nameOf('www.example'),
      type,
      class: 1,
      ttl: 1,
      rdata: Buffer.concat(rdata),
    })
    const two = Buffer.alloc(2)
    const records = [
      record(Type.CNAME, name('ns.example')),
      record(Type.MX, two, name('ns.example')),
      record(Type.SOA, name('ns.example'), name('root.ns.example'), Buffer.alloc(20)),
      record(Type.DNAME, name('below.ns.example')),
      record(Type.PTR, name('x.below.ns.example')),
      record(Type.SRV, two, two, two, name('ns.example')),
      record(Type.NS, name('ns.example')),
    ]
    const { bytes } = encodeResponse({
      id: 7,
      opcode: 0,
      rcode: 0,
      questionBytes: question,
      answers: records,
    })
    assert.deepEqual(decoded(bytes).answers, records)
    const rdataOctets = [5, 4, 2 + 7 + 20, 18, 4, 6 + 12, 2]
    assert.equal(
      bytes.length,
      12 + question.length + (4 + records.length * 12) + rdataOctets.reduce((sum, octets) => sum + octets),
    )
  })
  it('are read by dns-packet as by us', () => {
    const { bytes } = encodeResponse({
      id: 7,
      opcode: 0,
      rcode: 3,
      questionBytes: question,
      answers: [a('x.www.example'), a('y.www.example')],
      edns: { udpSize: 1232, options: [{ code: 10, data: Buffer.alloc(8, 1) }] },
    })
    const packet = dnsPacket.decode(Buffer.from(bytes))
    assert.deepEqual(
      packet.answers?.map((answer) => [answer.name, answer.type, 'data' in answer && answer.data]),
      [
        ['x.www.example', 'A', '192.0.2.1'],
        ['y.www.example', 'A', '192.0.2.1'],
      ],
    )
    assert.equal(packet.additionals?.[0]?.type, 'OPT')
  })
  it('that are too long lose sections from the end, say TC, and keep question and OPT', () => {
    const parts = {
      id: 7,
      opcode: 0,
      rcode: 0,
      questionBytes: question,
      answers: [a('www.example')],
      additionals: [a('a.example'), a('b.example')],
      edns: {},
    }
    const whole = encodeResponse(parts)
    assert.equal(whole.truncated, false)
    const exact = encodeResponse(parts, whole.bytes.length)
    assert.equal(exact.truncated, false)
    const less = encodeResponse(parts, whole.bytes.length - 1)
    assert.equal(less.truncated, true)
    const message = decoded(less.bytes)
    assert.equal(message.header.tc, true)
    assert.equal(message.answers.length, 1)
    assert.equal(message.additionals.length, 0)
    assert.ok(message.edns)
    const least = decoded(encodeResponse(parts, 50).bytes)
    assert.equal(least.answers.length, 0)
    assert.equal(least.questions.length, 1)
  })
  it('never exceed the limit, and decode, whatever they hold', () => {
    const records = fc.array(fc.tuple(fc.stringMatching(/^[a-c]{1,3}(\.[a-c]{1,3}){0,3}$/), fc.nat(300)))
    fc.assert(
      fc.property(records, records, fc.integer({ min: 60, max: 3000 }), (answers, additionals, limit) => {
        const build = (list: [string, number][]) =>
          list.map(([name, size]) => ({ ...a(name), type: 65280, rdata: Buffer.alloc(size) }))
        const parts = {
          id: 1,
          opcode: 0,
          rcode: 0,
          questionBytes: question,
          answers: build(answers),
          additionals: build(additionals),
          edns: {},
        }
        const { bytes, truncated } = encodeResponse(parts, limit)
        assert.ok(bytes.length <= limit)
        const message = decoded(bytes)
        assert.equal(message.header.tc, truncated)
        if (!truncated) {
          assert.deepEqual(message.answers.map(show), parts.answers.map(show))
          assert.deepEqual(message.additionals.map(show), parts.additionals.map(show))
        }
      }),
      { numRuns: 100 },
    )
  })
  it('may be 65,535 octets long and no more', () => {
    const big = { ...a('b.example'), type: 65280, rdata: Buffer.alloc(65_535 - 12 - question.length - 14) }
    const parts = { id: 1, opcode: 0, rcode: 0, questionBytes: question, answers: [big] }
    assert.equal(encodeResponse(parts).bytes.length, 65_535)
    const more = { ...big, rdata: Buffer.alloc(big.rdata.length + 1) }
    assert.equal(encodeResponse({ ...parts, answers: [more] }).truncated, true)
    assert.throws(() => encodeMessage({ id: 1, questions: [], answers: [more, more] }), RangeError)
  })
})

describe('hostile input', () => {
  test('random octets are never a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (octets) => {
        decodeMessage(octets)
        decodeMessage(Buffer.concat([hex('0001 2800 0001 0001 0001 0001'), octets]))
      }),
      { numRuns: 2000 },
    )
  })
  // what they cost is counted in test/conformance/worst-message.test.ts
  test('64 KiB of records whose names are as long as pointers can make them are read', () => {
    const message = decoded(longestNames())
    assert.equal(message.authorities.at(-1)?.name.length, 254)
  })
})

/** 127 labels of one octet, each behind a pointer, in opaque RDATA; then RP records that point to the last thrice. */
function longestNames(): Uint8Array {
  const chain: Buffer[] = [Buffer.from([1, 0x61, 0])]
  let target = 12 + 11
  for (let at = target + 3; chain.length < 127; at += 4) {
    chain.push(Buffer.from([1, 0x61, 0xc0 | (target >>> 8), target & 0xff]))
    target = at
  }
  const opaque = { name: ROOT, type: 65280, class: Class.IN, ttl: 0, rdata: Buffer.concat(chain) }
  const pointer = (0xc000 | target).toString(16)
  const record = hex(`${pointer} 0011 0001 00000000 0004 ${pointer} ${pointer}`)
  const first = recordToWire(opaque)
  const count = Math.floor((65_535 - 12 - first.length) / record.length)
  const header = hex('0001 2800 0000 0000 0000 0000')
  header.writeUInt16BE(count + 1, 8)
  return Buffer.concat([header, first, ...Array(count).fill(record)])
}

describe('runs of records', () => {
  it('are read to the end, uncompressed only', () => {
    const record = { name: nameOf('a.example'), type: 1, class: 1, ttl: 5, rdata: Buffer.from([1, 2, 3, 4]) }
    const wire = recordToWire(record)
    const read = readRecords(Buffer.concat([wire, wire]))
    assert.ok(read.ok)
    assert.deepEqual(read.value.map(show), [show(record), show(record)])
    for (let end = 1; end < wire.length; end++) assert.equal(readRecords(wire.subarray(0, end)).ok, false)
    assert.equal(readRecords(Buffer.concat([wire, hex('c000 0001 0001 00000000 0000')])).ok, false)
    assert.deepEqual(readRecords(Buffer.alloc(0)), { ok: true, value: [] })
  })
})
