import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Class, classToText, Opcode, Type, typeToText } from '../../shared/dns/codes.ts'
import { decodeMessage, encodeMessage, type Message } from '../../shared/dns/message.ts'
import { type GivenName, nameOf } from '../../shared/dns/name.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { CAPTURED, octetsOf } from './vectors.ts'
import { BY_HAND, MALFORMED } from './vectors-by-hand.ts'

function decoded(octets: Uint8Array): Message {
  const message = decodeMessage(octets)
  assert.ok(message.ok, message.ok ? '' : `${message.reason} at ${message.at}`)
  return message.value
}

function shown({ name, ttl, class: class_, type, rdata }: ResourceRecord): string {
  const hex = Buffer.from(rdata).toString('hex')
  return `${name} ${ttl} ${classToText(class_)} ${typeToText(type)} ${hex}`.trim()
}

describe('messages of real clients, and others', () => {
  for (const vector of [...CAPTURED, ...BY_HAND]) {
    const octets = octetsOf(vector)
    it(`${vector.title} (${vector.section})`, () => {
      const { header, questions, answers, authorities, edns, tsig } = decoded(octets)
      assert.equal(header.opcode, Opcode.UPDATE)
      assert.deepEqual(
        questions.map(({ type, class: class_ }) => [type, class_]),
        [[Type.SOA, Class.IN]],
      )
      assert.deepEqual(answers.map(shown), vector.prerequisites)
      assert.deepEqual(authorities.map(shown), vector.updates)
      const options =
        edns?.options.map(({ code, data }) => `${code}:${Buffer.from(data).toString('hex')}`) ?? []
      assert.equal(edns && [edns.udpSize, ...options].join(' '), vector.edns)
      assert.equal(tsig && `${tsig.keyName} ${tsig.algorithmName} ${tsig.mac.length}`, vector.tsig)
    })
    it(`${vector.title}: every shorter prefix is malformed, and an octet more, and never a throw`, () => {
      for (let end = 0; end < octets.length; end++)
        assert.equal(decodeMessage(octets.subarray(0, end)).ok, false)
      assert.equal(decodeMessage(Buffer.concat([octets, Buffer.of(0)])).ok, false)
    })
  }
})

describe('octets that are no message, whose prefixes are never a throw', () => {
  for (const vector of MALFORMED)
    it(`${vector.title} (${vector.section})`, () => {
      const octets = octetsOf(vector)
      const message = decodeMessage(octets)
      assert.match(message.ok ? 'decoded' : message.reason, vector.reason)
      for (let end = 0; end < octets.length; end++) decodeMessage(octets.subarray(0, end))
    })
})

const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/)
const owner = fc
  .array(label, { maxLength: 5 })
  .map((labels) => [...labels, 'example.com.'].join('.') as GivenName)
const record = fc.record({
  name: owner,
  // opaque, so that any octets do; the types with names are in the tests of RDATA
  type: fc.integer({ min: 65_280, max: 65_534 }),
  class: fc.constantFrom(Class.IN, Class.ANY, Class.NONE, 99),
  ttl: fc.integer({ min: 0, max: 0xffff_ffff }),
  rdata: fc.uint8Array({ maxLength: 300 }).map((octets) => Uint8Array.from(octets)),
})

describe('RFC 2136 §2 round trips', () => {
  it('an UPDATE comes back as it went, whatever it holds', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        fc.array(record, { maxLength: 12 }),
        fc.array(record, { maxLength: 12 }),
        (id, answers, authorities) => {
          const questions = [{ name: nameOf('example.com.'), type: Type.SOA, class: Class.IN }]
          const message = decoded(
            encodeMessage({ id, opcode: Opcode.UPDATE, questions, answers, authorities }),
          )
          assert.deepEqual([message.header.id, message.questions], [id, questions])
          assert.deepEqual(message.answers.map(shown), answers.map(shown))
          assert.deepEqual(message.authorities.map(shown), authorities.map(shown))
        },
      ),
      { numRuns: 300 },
    ))
})
