import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Opcode, Rcode, TsigError } from '../../shared/dns/codes.ts'
import { decodeMessage, encodeMessage, encodeResponse, type Message } from '../../shared/dns/message.ts'
import { type GivenName, nameOf } from '../../shared/dns/name.ts'
import {
  messageWithoutTsig,
  refuseWithTsig,
  signMessage,
  TSIG_ALGORITHMS,
  type TsigKey,
  type TsigVerdict,
  verifyRequest,
} from '../../shared/dns/tsig.ts'
import { missing, python } from './programs.ts'

const NOW = 1_700_000_000
const key: TsigKey = {
  name: nameOf('demo.example'),
  algorithm: 'hmac-sha256',
  secret: Buffer.from('0123456789abcdef0123456789abcdef'),
}
const keyFor = (name: string) => (name === key.name ? key : undefined)
const request = encodeMessage({
  id: 0x1234,
  opcode: Opcode.UPDATE,
  questions: [{ name: nameOf('example'), type: 6, class: 1 }],
  authorities: [
    { name: nameOf('www.example'), type: 1, class: 1, ttl: 60, rdata: Buffer.from([192, 0, 2, 1]) },
  ],
})

function decoded(bytes: Uint8Array): Message {
  const message = decodeMessage(bytes)
  assert.ok(message.ok, message.ok ? '' : message.reason)
  return message.value
}

function verify(bytes: Uint8Array, now = NOW): TsigVerdict {
  return verifyRequest(bytes, decoded(bytes), keyFor, now)
}

function refusal(bytes: Uint8Array, now = NOW) {
  const verdict = verify(bytes, now)
  assert.ok(verdict.kind === 'refused', verdict.kind)
  return verdict
}

describe('RFC 8945 §5.2 verification of a request', () => {
  const signed = signMessage(request, key, NOW)
  it('tells a message without TSIG', () => assert.deepEqual(verify(request), { kind: 'unsigned' }))
  it('accepts what the key has signed, and gives the MAC for the answer', () => {
    assert.deepEqual(verify(signed.bytes), { kind: 'verified', key, mac: signed.mac })
  })
  it('takes the key name in any case', () => {
    const upper = signMessage(request, { ...key, name: 'DEMO.Example.' as never }, NOW)
    assert.equal(verify(upper.bytes).kind, 'verified')
  })
  it('§5.4.3 uses the original ID when a forwarder has changed the other', () => {
    const forwarded = Buffer.from(signed.bytes)
    forwarded.writeUInt16BE(0x9999, 0)
    assert.equal(verify(forwarded).kind, 'verified')
  })
  it('§5.2.1 BADKEY for an unknown key, and for a known key with another algorithm', () => {
    assert.equal(refusal(signMessage(request, { ...key, name: nameOf('other') }, NOW).bytes).error, 'BADKEY')
    assert.equal(
      refusal(signMessage(request, { ...key, algorithm: 'hmac-sha512' }, NOW).bytes).error,
      'BADKEY',
    )
  })
  it('§5.2.2 BADSIG when any octet before the TSIG differs', () => {
    const { tsigStart } = decoded(signed.bytes)
    for (let at = 2; at < tsigStart!; at++) {
      const copy = Buffer.from(signed.bytes)
      copy[at]! ^= 1
      const message = decodeMessage(copy)
      if (!message.ok) continue
      const verdict = verifyRequest(copy, message.value, keyFor, NOW)
      // An additional count that hides the TSIG leaves an unsigned message only if what follows was not there.
      assert.ok(verdict.kind === 'refused' && verdict.error === 'BADSIG', `octet ${at}`)
    }
  })
  it('§5.2.2.1 BADSIG for a MAC cut short', () => {
    const message = decoded(signed.bytes)
    for (const length of [0, 10, 16, 31]) {
      const tsig = { ...message.tsig!, mac: message.tsig!.mac.subarray(0, length) }
      const verdict = verifyRequest(signed.bytes, { ...message, tsig }, keyFor, NOW)
      assert.ok(verdict.kind === 'refused' && verdict.error === 'BADSIG')
    }
  })
  it('§5.2.3 BADTIME more than the fudge away, either way, and with the key', () => {
    assert.equal(verify(signed.bytes, NOW + 300).kind, 'verified')
    assert.equal(verify(signed.bytes, NOW - 300).kind, 'verified')
    assert.deepEqual(
      [refusal(signed.bytes, NOW + 301).error, refusal(signed.bytes, NOW - 301).key],
      ['BADTIME', key],
    )
  })
  it('judges the MAC before the time', () => {
    const wrong = signMessage(request, { ...key, secret: Buffer.from('x') }, NOW)
    assert.equal(refusal(wrong.bytes, NOW + 10_000).error, 'BADSIG')
  })
  it('gives back the message as it was before it was signed', () => {
    assert.deepEqual(
      Buffer.from(messageWithoutTsig(signed.bytes, decoded(signed.bytes))),
      Buffer.from(request),
    )
    assert.deepEqual(messageWithoutTsig(request, decoded(request)), request)
  })
})

describe('RFC 8945 §5.3.2 refusals', () => {
  const answer = encodeResponse({ id: 0x1234, opcode: 5, rcode: Rcode.NOTAUTH }).bytes
  const tsigOf = (bytes: Uint8Array) => {
    const { tsig } = decoded(bytes)
    assert.ok(tsig)
    return tsig
  }
  it('are without a MAC for BADKEY and BADSIG', () => {
    const stranger = signMessage(request, { ...key, name: nameOf('other') }, NOW)
    const forger = signMessage(request, { ...key, secret: Buffer.from('x') }, NOW)
    for (const { bytes } of [stranger, forger]) {
      const verdict = refusal(bytes)
      const tsig = tsigOf(refuseWithTsig(answer, verdict, NOW))
      assert.equal(tsig.mac.length, 0)
      assert.equal(tsig.otherData.length, 0)
      assert.equal(tsig.error, TsigError[verdict.error])
      assert.equal(tsig.keyName, verdict.tsig.keyName)
    }
  })
  it('are signed for BADTIME, with our time as other data and theirs as time signed', () => {
    const { bytes } = signMessage(request, key, NOW)
    const tsig = tsigOf(refuseWithTsig(answer, refusal(bytes, NOW + 1000), NOW + 1000))
    assert.equal(tsig.mac.length, 32)
    assert.equal(tsig.timeSigned, NOW)
    assert.equal(Buffer.from(tsig.otherData).readUIntBE(0, 6), NOW + 1000)
  })
})

// dnspython reads and writes TSIG by itself; both sides only share the secret.
const ORACLE = `
import json, sys, dns.message, dns.tsig, dns.update, dns.rcode, dns.flags, dns.exception
job = json.load(sys.stdin)
key = dns.tsig.Key(job['name'], bytes.fromhex(job['secret']), job['algorithm'])
out = {}
update = dns.update.UpdateMessage('Example.', keyring=key)
update.id = 4711
update.replace('a\\\\.b', 60, 'TXT', 'from dnspython')
out['request'] = update.to_wire().hex()
try:
    ours = dns.message.from_wire(bytes.fromhex(job['request']), keyring=key)
    out['had'] = ours.had_tsig
    response = dns.message.make_response(ours)
    out['mac'] = ours.mac.hex()
except dns.exception.DNSException as error:
    out['had'] = type(error).__name__
for which in job['responses']:
    try:
        read = dns.message.from_wire(bytes.fromhex(which['bytes']), keyring=key, request_mac=bytes.fromhex(which['mac']))
        out.setdefault('responses', []).append(dns.rcode.to_text(read.rcode()))
    except dns.exception.DNSException as error:
        out.setdefault('responses', []).append(type(error).__name__)
print(json.dumps(out))
`

describe('RFC 8945 with dnspython on the other side', {
  skip: missing('/usr/bin/python3', '-c', 'import dns'),
}, () => {
  for (const algorithm of TSIG_ALGORITHMS) {
    it(`${algorithm}: each verifies the requests of the other, and it our answers and refusals`, () => {
      const ours: TsigKey = { ...key, name: nameOf('k\\.1.Example'), algorithm }
      const now = Math.floor(Date.now() / 1000)
      const signed = signMessage(request, ours, now)
      const answer = encodeResponse({ id: 0x1234, opcode: 5, rcode: Rcode.NOERROR }).bytes
      const notAuth = encodeResponse({ id: 0x1234, opcode: 5, rcode: Rcode.NOTAUTH }).bytes
      const late = verifyRequest(signed.bytes, decoded(signed.bytes), () => ours, now + 1000)
      assert.ok(late.kind === 'refused')
      const strange = verifyRequest(signed.bytes, decoded(signed.bytes), () => undefined, now)
      assert.ok(strange.kind === 'refused')
      const responses = [
        signMessage(answer, ours, now, signed.mac).bytes,
        signMessage(answer, ours, now).bytes,
        refuseWithTsig(notAuth, late, now + 1000),
        refuseWithTsig(notAuth, strange, now),
      ]
      const hexOf = (octets: Uint8Array) => Buffer.from(octets).toString('hex')
      const result = python<{ request: string; had: unknown; mac: string; responses: string[] }>(ORACLE, {
        name: 'K\\.1.eXample.' as GivenName,
        algorithm,
        secret: hexOf(key.secret),
        request: hexOf(signed.bytes),
        responses: responses.map((bytes) => ({ bytes: hexOf(bytes), mac: hexOf(signed.mac) })),
      })
      assert.equal(result.had, true)
      assert.equal(result.mac, hexOf(signed.mac))
      assert.deepEqual(result.responses, ['NOERROR', 'BadSignature', 'PeerBadTime', 'PeerBadKey'])
      const theirs = Buffer.from(result.request, 'hex')
      assert.equal(verifyRequest(theirs, decoded(theirs), () => ours, now).kind, 'verified')
      assert.equal(decoded(theirs).header.id, 4711)
    })
  }
})
