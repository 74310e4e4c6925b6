import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Opcode, Rcode, TsigError } from '../../shared/dns/codes.ts'
import { decodeMessage, encodeMessage, encodeResponse, type Message } from '../../shared/dns/message.ts'
import { type GivenName, nameOf } from '../../shared/dns/name.ts'
import { withoutSignature } from '../../shared/dns/signed-content.ts'
import {
  refuseWithTsig,
  signAnswer,
  signMessage,
  TSIG_ALGORITHMS,
  type TsigKey,
  TsigStream,
  type TsigVerdict,
  verifyRequest,
} from '../../shared/dns/tsig.ts'
import { ALGORITHMS, algorithmFromText } from '../../shared/dns/tsig-algorithms.ts'
import { macOf } from '../../shared/dns/tsig-mac.ts'
import { tsigVariables } from '../../shared/dns/tsig-record.ts'
import { appendTsig } from '../../shared/dns/tsig-sign.ts'
import { missing, python } from './programs.ts'

const NOW = 1_700_000_000
const key: TsigKey = {
  name: nameOf('demo.example'),
  algorithm: 'hmac-sha256',
  secret: Buffer.from('0123456789abcdef0123456789abcdef'),
}
const keysFor = (name: string) => (name === key.name ? [key] : [])
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
  return verifyRequest(bytes, decoded(bytes), keysFor, now)
}

function verifyWith(bytes: Uint8Array, keys: readonly TsigKey[]): TsigVerdict {
  return verifyRequest(bytes, decoded(bytes), () => keys, NOW)
}

/** Signed with a MAC of another length than the hash has: cut short, or with zeros behind. */
function truncated(bytes: Uint8Array, by: TsigKey, octets: number, algorithmName?: string): Uint8Array {
  const tsig = decoded(signMessage(bytes, by, NOW).bytes).tsig!
  if (algorithmName !== undefined) tsig.algorithmName = nameOf(algorithmName)
  const whole = macOf(by, [bytes, tsigVariables(tsig)])
  const mac = Buffer.concat([whole, Buffer.alloc(octets)]).subarray(0, octets)
  return appendTsig(bytes, { ...tsig, mac })
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
    assert.deepEqual(verify(signed.bytes), {
      kind: 'verified',
      key,
      mac: signed.mac,
      algorithmName: 'hmac-sha256.',
    })
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
    const { signatureStart } = decoded(signed.bytes)
    for (let at = 2; at < signatureStart!; at++) {
      const copy = Buffer.from(signed.bytes)
      copy[at]! ^= 1
      const message = decodeMessage(copy)
      if (!message.ok) continue
      const verdict = verifyRequest(copy, message.value, keysFor, NOW)
      // An additional count that hides the TSIG leaves an unsigned message only if what follows was not there.
      assert.ok(verdict.kind === 'refused' && verdict.error === 'BADSIG', `octet ${at}`)
    }
  })
  it('§5.2.2.1 is malformed with a MAC under 10 octets, under half the hash, or longer than the hash', () => {
    for (const octets of [0, 9, 15, 33])
      assert.equal(verify(truncated(request, key, octets)).kind, 'malformed')
    const sha1: TsigKey = { ...key, algorithm: 'hmac-sha1', leastMacOctets: 10 }
    const verdict = (octets: number) => verifyWith(truncated(request, sha1, octets), [sha1]).kind
    assert.deepEqual([verdict(9), verdict(10)], ['malformed', 'verified'])
  })
  it('§5.2.2 BADSIG for a MAC of right length but wrong octets, truncated or not', () => {
    const short = { ...key, leastMacOctets: 16 }
    const forger = { ...short, secret: Buffer.from('x') }
    for (const octets of [16, 32]) {
      const verdict = verifyWith(truncated(request, forger, octets), [short])
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
    assert.deepEqual(Buffer.from(withoutSignature(signed.bytes, decoded(signed.bytes))), Buffer.from(request))
    assert.deepEqual(withoutSignature(request, decoded(request)), request)
  })
})

describe('RFC 8945 §5.2.4 truncation policy', () => {
  const patient = { ...key, leastMacOctets: 20 }
  it('BADTRUNC for a right MAC that is shorter than the key allows; a key allows the full length only', () => {
    for (const [octets, by] of [
      [31, key],
      [19, patient],
    ] as const) {
      const verdict = verifyWith(truncated(request, by, octets), [by])
      assert.ok(verdict.kind === 'refused' && verdict.error === 'BADTRUNC')
      assert.equal(verdict.key, by)
    }
  })
  it('a MAC as short as the key allows is accepted, and answered by one of its length', () => {
    for (const octets of [20, 31, 32]) {
      const verdict = verifyWith(truncated(request, patient, octets), [patient])
      assert.ok(verdict.kind === 'verified')
      const answer = encodeResponse({ id: 0x1234, opcode: 5, rcode: Rcode.NOERROR }).bytes
      assert.equal(decoded(signAnswer(answer, verdict, NOW)).tsig!.mac.length, octets)
    }
  })
  it('time is judged before truncation', () => {
    const bytes = truncated(request, key, 16)
    const verdict = verifyRequest(bytes, decoded(bytes), keysFor, NOW + 1_000)
    assert.ok(verdict.kind === 'refused' && verdict.error === 'BADTIME')
  })
  it('a name that truncates is answered under that name', () => {
    const short = { ...key, leastMacOctets: 16 }
    const verdict = verifyWith(truncated(request, short, 16, 'hmac-sha256-128.'), [short])
    assert.ok(verdict.kind === 'verified')
    const answer = encodeResponse({ id: 0x1234, opcode: 5, rcode: Rcode.NOERROR }).bytes
    const { tsig } = decoded(signAnswer(answer, verdict, NOW))
    assert.deepEqual([tsig!.algorithmName, tsig!.mac.length], ['hmac-sha256-128.', 16])
    assert.equal(verifyWith(truncated(request, short, 17, 'hmac-sha256-128.'), [short]).kind, 'malformed')
  })
})

describe('several live keys of one name', () => {
  const old: TsigKey = { ...key, id: 'old' }
  const successor: TsigKey = { ...key, secret: Buffer.from('another secret'), id: 'new' }
  const stronger: TsigKey = { ...successor, algorithm: 'hmac-sha512', id: 'stronger' }
  const idOf = (by: TsigKey, keys: readonly TsigKey[]) => {
    const verdict = verifyWith(signMessage(request, by, NOW).bytes, keys)
    return verdict.kind === 'verified' ? verdict.key.id : verdict.kind === 'refused' && verdict.error
  }
  it('each of them signs, and the verdict says which it was', () => {
    const keys = [successor, old, stronger]
    assert.deepEqual(
      [old, successor, stronger].map((by) => idOf(by, keys)),
      ['old', 'new', 'stronger'],
    )
  })
  it('one that is gone is BADSIG beside others of its algorithm, and else BADKEY', () => {
    assert.equal(idOf(old, [successor, stronger]), 'BADSIG')
    assert.equal(idOf(old, [stronger]), 'BADKEY')
  })
  it('the minimum of the MAC is that of the key which made it', () => {
    const lax = { ...old, leastMacOctets: 16 }
    const verdict = (by: TsigKey) => verifyWith(truncated(request, by, 16), [successor, lax])
    assert.equal(verdict(lax).kind, 'verified')
    const strict = verdict(successor)
    assert.ok(strict.kind === 'refused' && strict.error === 'BADTRUNC')
  })
})

describe('names of algorithms', () => {
  it('are read in any case, with or without the final dot, and by hmac-md5 in short', () => {
    for (const text of ['HMAC-SHA256', 'hmac-sha256.'])
      assert.deepEqual(algorithmFromText(text), { algorithm: 'hmac-sha256', macOctets: 32 })
    for (const text of ['hmac-md5', 'HMAC-MD5.SIG-ALG.REG.INT.'])
      assert.equal(algorithmFromText(text)?.algorithm, 'hmac-md5')
    assert.deepEqual(algorithmFromText('hmac-sha512-256'), { algorithm: 'hmac-sha512', macOctets: 32 })
    assert.equal(algorithmFromText('hmac-sha3'), undefined)
  })
  it('hmac-md5 alone is marked as legacy', () => {
    assert.deepEqual(
      TSIG_ALGORITHMS.filter((algorithm) => ALGORITHMS[algorithm].legacy),
      ['hmac-md5'],
    )
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
  it('are signed for BADTRUNC, with our time as time signed and no other data', () => {
    const bytes = truncated(request, key, 16)
    const tsig = tsigOf(refuseWithTsig(answer, refusal(bytes), NOW + 5))
    assert.deepEqual(
      [tsig.error, tsig.mac.length, tsig.timeSigned, tsig.otherData.length],
      [TsigError.BADTRUNC, 16, NOW + 5, 0],
    )
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

const STREAM_ORACLE = `
import json, sys, dns.message, dns.tsig, dns.rcode, dns.exception
job = json.load(sys.stdin)
key = dns.tsig.Key(job['name'], bytes.fromhex(job['secret']), job['algorithm'])
context, out = None, []
for message in job['messages']:
    try:
        read = dns.message.from_wire(bytes.fromhex(message), keyring=key, request_mac=bytes.fromhex(job['mac']),
                                     multi=True, tsig_ctx=context)
        context = read.tsig_ctx
        out.append(dns.rcode.to_text(read.rcode()))
    except dns.exception.DNSException as error:
        out.append(type(error).__name__)
        break
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
      const late = verifyRequest(signed.bytes, decoded(signed.bytes), () => [ours], now + 1000)
      assert.ok(late.kind === 'refused')
      const strange = verifyRequest(signed.bytes, decoded(signed.bytes), () => [], now)
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
        algorithm: ALGORITHMS[algorithm].name,
        secret: hexOf(key.secret),
        request: hexOf(signed.bytes),
        responses: responses.map((bytes) => ({ bytes: hexOf(bytes), mac: hexOf(signed.mac) })),
      })
      assert.equal(result.had, true)
      assert.equal(result.mac, hexOf(signed.mac))
      assert.deepEqual(result.responses, ['NOERROR', 'BadSignature', 'PeerBadTime', 'PeerBadKey'])
      const theirs = Buffer.from(result.request, 'hex')
      assert.equal(verifyRequest(theirs, decoded(theirs), () => [ours], now).kind, 'verified')
      assert.equal(decoded(theirs).header.id, 4711)
    })
  }

  it('verifies a stream message by message, each of them signed, and takes no other order', () => {
    const now = Math.floor(Date.now() / 1000)
    const signed = signMessage(request, key, now)
    const verdict = verifyRequest(signed.bytes, decoded(signed.bytes), keysFor, now)
    assert.ok(verdict.kind === 'verified')
    const stream = new TsigStream(verdict)
    const bare = [1, 2, 3].map(
      (octet) =>
        encodeResponse({
          id: 0x1234,
          opcode: 0,
          rcode: Rcode.NOERROR,
          answers: [
            {
              name: nameOf('www.example'),
              type: 1,
              class: 1,
              ttl: 60,
              rdata: Buffer.from([192, 0, 2, octet]),
            },
          ],
        }).bytes,
    )
    const messages = bare.map((bytes) => stream.sign(bytes, now))
    for (const [index, bytes] of messages.entries())
      assert.equal(bytes.length, bare[index]!.length + stream.octets)
    const verify = (order: readonly Uint8Array[]) =>
      python<string[]>(STREAM_ORACLE, {
        name: key.name,
        algorithm: key.algorithm,
        secret: Buffer.from(key.secret).toString('hex'),
        mac: Buffer.from(signed.mac).toString('hex'),
        messages: order.map((bytes) => Buffer.from(bytes).toString('hex')),
      })
    assert.deepEqual(verify(messages), ['NOERROR', 'NOERROR', 'NOERROR'])
    const [first, second, third] = messages as [Uint8Array, Uint8Array, Uint8Array]
    assert.deepEqual(verify([first, third, second]), ['NOERROR', 'BadSignature'])
  })

  for (const [algorithm, name] of [
    ['hmac-sha256', 'hmac-sha256-128.'],
    ['hmac-sha384', 'hmac-sha384-192.'],
    ['hmac-sha512', 'hmac-sha512-256.'],
  ] as const)
    it(`${name} each verifies the truncated MACs of the other, and it our BADTRUNC`, () => {
      const macOctets = algorithmFromText(name)!.macOctets
      const short: TsigKey = { ...key, algorithm, leastMacOctets: macOctets }
      const now = Math.floor(Date.now() / 1000)
      const { request: theirs } = python<{ request: string }>(ORACLE, {
        name: key.name,
        algorithm: name,
        secret: Buffer.from(key.secret).toString('hex'),
        request: '',
        responses: [],
      })
      const bytes = Buffer.from(theirs, 'hex')
      const verdict = verifyRequest(bytes, decoded(bytes), () => [short], now)
      assert.ok(verdict.kind === 'verified')
      assert.equal(verdict.mac.length, macOctets)
      const strict = verifyRequest(bytes, decoded(bytes), () => [{ ...key, algorithm }], now)
      assert.ok(strict.kind === 'refused' && strict.error === 'BADTRUNC')
      const answer = encodeResponse({ id: decoded(bytes).header.id, opcode: 5, rcode: Rcode.NOTAUTH }).bytes
      const { responses } = python<{ responses: string[] }>(ORACLE, {
        name: key.name,
        algorithm: name,
        secret: Buffer.from(key.secret).toString('hex'),
        request: '',
        responses: [signAnswer(answer, verdict, now), refuseWithTsig(answer, strict, now)].map((octets) => ({
          bytes: Buffer.from(octets).toString('hex'),
          mac: Buffer.from(verdict.mac).toString('hex'),
        })),
      })
      assert.deepEqual(responses, ['NOTAUTH', 'PeerBadTruncation'])
    })
})
