import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { Opcode, Rcode } from '../../shared/dns/codes.ts'
import { encodeResponse } from '../../shared/dns/message.ts'
import { refuseWithTsig, signMessage, type TsigRefusal, verifyRequest } from '../../shared/dns/tsig.ts'
import { keyOf, update } from '../support/dns-client.ts'
import { python } from '../support/python.ts'
import { decoded } from '../support/spec.ts'
import { answerFault, type Signature } from './clients/answer-fault.ts'

/** What the clients of the fault harness take for an answer, judged by answers that dnspython has signed. */

const ID = 0x1234
const ZONE = 'fire0.example.'
const given = { name: 'fire.', algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 7).toString('base64') }
const key = keyOf(given)
const request = update({ id: ID, zone: ZONE })
const now = Math.floor(Date.now() / 1_000)
const copySignedAt = (timeSigned: number) => ({ timeSigned, ...signMessage(request, key, timeSigned) })
const [copy, other] = [copySignedAt(now), copySignedAt(now - 1)]
let noerror: Buffer
let servfail: Buffer

const fault = (answer: Uint8Array, signatures: readonly Signature[] = [other, copy], id = ID, zone = ZONE) =>
  answerFault(answer, { id, zone, signatures }, key)

const unsigned = (rcode: number) =>
  encodeResponse({ id: ID, opcode: Opcode.UPDATE, rcode, questionBytes: request.subarray(12) }).bytes

/** NOTAUTH of an edge whose clock shows this. */
function refused(octets: Uint8Array, keys: readonly (typeof key)[], clock: number): Uint8Array {
  const verdict = verifyRequest(octets, decoded(octets), () => keys, clock)
  return refuseWithTsig(unsigned(Rcode.NOTAUTH), verdict as TsigRefusal, clock)
}

describe('RFC 8945 §5.4: a client of the harness takes for an answer', () => {
  before(async () => {
    const message = Buffer.from(copy.bytes).toString('hex')
    const told = await python<{ NOERROR: string; SERVFAIL: string }>('answer.py', {
      ...{ host: '127.0.0.1', port: 0, key: given, message },
    })
    noerror = Buffer.from(told.NOERROR, 'hex')
    servfail = Buffer.from(told.SERVFAIL, 'hex')
  })

  it('what is signed with the key over the MAC of a copy that was sent there, whatever it says', () =>
    assert.deepEqual(
      [noerror, servfail].map((answer) => fault(answer)),
      [undefined, undefined],
    ))

  it('not what is signed over the MAC of another copy', () =>
    assert.equal(fault(noerror, [other]), 'its signature does not verify'))

  it('not what differs in an octet; but the TTL of TSIG, which is always 0, is not looked at', () => {
    const passed = [...noerror.keys()].filter((index) => {
      const changed = Buffer.from(noerror)
      changed[index]! ^= 1
      return fault(changed) === undefined
    })
    const ttl = decoded(noerror).signatureStart! + 'fire.'.length + 1 + 4
    assert.deepEqual(passed, [ttl, ttl + 1, ttl + 2, ttl + 3])
  })

  it('not what is unsigned, unless the request was', () => {
    assert.equal(fault(unsigned(Rcode.NOERROR)), 'it is not signed')
    assert.equal(fault(unsigned(Rcode.SERVFAIL)), 'it is not signed')
    assert.equal(fault(unsigned(Rcode.SERVFAIL), []), undefined)
    assert.equal(fault(noerror, []), 'it is signed, and its request was not')
  })

  it('not what has another id, or another zone', () => {
    assert.match(fault(noerror, [copy], ID + 1)!, /its id is 4660, not 4661/)
    assert.match(fault(noerror, [copy], ID, 'fire1.example.')!, /another zone/)
    assert.match(fault(request, [])!, /no answer to an UPDATE/)
  })

  it('BADTIME, signed, with the time of the request (RFC 8945 §5.2.3)', () => {
    const late = refused(copy.bytes, [key], now + 400)
    assert.equal(fault(late), undefined)
    assert.match(fault(late, [{ ...copy, timeSigned: now - 7 }])!, /another time/)
    assert.equal(fault(late, [other]), 'its signature does not verify')
  })

  it('BADKEY and BADSIG, which nobody can sign (RFC 8945 §5.3.2)', () => {
    assert.equal(fault(refused(copy.bytes, [], now)), undefined)
    assert.equal(fault(refused(copy.bytes, [{ ...key, secret: Buffer.alloc(32) }], now)), undefined)
  })
})
