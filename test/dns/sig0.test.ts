import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Opcode } from '../../shared/dns/codes.ts'
import { decodeMessage, encodeMessage, type Message } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { findSigner, isSignedBy, readSig0Key, SIG0_ALGORITHMS, type Sig0Key } from '../../shared/dns/sig0.ts'
import type { Sig0Algorithm } from '../../shared/dns/sig0-key.ts'
import { withoutSignature } from '../../shared/dns/signed-content.ts'
import { signMessage } from '../../shared/dns/tsig.ts'
import { type Sig0Signer, sig0Signer, signedBySig0, withSig0 } from '../support/sig0-signer.ts'
import { missing, python } from './programs.ts'

const NOW = 1_700_000_000
const request = encodeMessage({
  id: 0x1234,
  opcode: Opcode.UPDATE,
  questions: [{ name: nameOf('example'), type: 6, class: 1 }],
  authorities: [
    { name: nameOf('www.example'), type: 1, class: 1, ttl: 60, rdata: Buffer.from([192, 0, 2, 1]) },
  ],
})
const ALGORITHMS = Object.keys(SIG0_ALGORITHMS).map(Number) as Sig0Algorithm[]
const signers = new Map(ALGORITHMS.map((algorithm) => [algorithm, sig0Signer('client.example', algorithm)]))
const signer = signers.get(15)!

function decoded(bytes: Uint8Array): Message {
  const message = decodeMessage(bytes)
  assert.ok(message.ok, message.ok ? '' : message.reason)
  return message.value
}

function keyOf({ name, rdata }: Sig0Signer): Sig0Key {
  const key = readSig0Key(name, rdata)
  assert.ok(key.ok, key.ok ? '' : key.reason)
  return key.value
}

const keyFor = (name: string) => (name === signer.name ? keyOf(signer) : undefined)
const find = (bytes: Uint8Array, now = NOW) => findSigner(decoded(bytes).sig0!, keyFor, now)

describe('RFC 2931 §3.1 a request signed by SIG(0)', () => {
  for (const [algorithm, by] of signers) {
    const bytes = signedBySig0(request, by, { now: NOW })

    it(`${SIG0_ALGORITHMS[algorithm]}: is verified by the public key`, async () =>
      assert.equal(await isSignedBy(keyOf(by), bytes, decoded(bytes)), true))

    it(`${SIG0_ALGORITHMS[algorithm]}: is not when any octet of message or record differs`, async () => {
      const { signatureStart } = decoded(bytes)
      const record = signatureStart! + 11
      // every octet of the message, and those of the record that matter: validity, tag, signer, signature
      const places = [...bytes.keys()].filter((at) => at < signatureStart! || at >= record + 8)
      let compared = 0
      for (const at of places) {
        const copy = Buffer.from(bytes)
        copy[at]! ^= 1
        const message = decodeMessage(copy)
        if (!message.ok || message.value.sig0 === undefined) continue
        compared += 1
        assert.equal(await isSignedBy(keyOf(by), copy, message.value), false, `octet ${at}`)
      }
      assert.ok(compared > 80, `${compared} octets`)
    })

    it(`${SIG0_ALGORITHMS[algorithm]}: is not by another key, nor with a signature that is cut or longer`, async () => {
      const stranger = keyOf(sig0Signer('client.example', algorithm))
      assert.equal(await isSignedBy(stranger, bytes, decoded(bytes)), false)
      const { prefix, signature } = decoded(bytes).sig0!
      for (const wrong of [signature.subarray(1), Buffer.concat([signature, Buffer.of(0)]), Buffer.of(0)]) {
        const other = withSig0(request, Buffer.concat([prefix, wrong]))
        assert.equal(await isSignedBy(keyOf(by), other, decoded(other)), false)
      }
    })
  }

  it('is known by name in any case, algorithm and tag', () => {
    const bytes = signedBySig0(
      request,
      { ...signer, name: 'Client.EXAMPLE.' as Sig0Signer['name'] },
      { now: NOW },
    )
    assert.equal((find(bytes) as Sig0Key).name, 'client.example.')
    for (const other of [
      { ...signer, name: nameOf('other.example') },
      { ...signer, keyTag: signer.keyTag ^ 1 },
      { ...signers.get(13)!, keyTag: signer.keyTag },
    ])
      assert.equal(find(signedBySig0(request, other, { now: NOW })), 'BADKEY')
  })

  it('is valid from its inception to its expiration, both included', () => {
    const bytes = signedBySig0(request, signer, { now: NOW, fudge: 10 })
    const times = [-11, -10, 0, 10, 11].map((seconds) => typeof find(bytes, NOW + seconds))
    assert.deepEqual(times, ['string', 'object', 'object', 'object', 'string'])
    assert.equal(find(bytes, NOW + 11), 'BADTIME')
  })

  it('RFC 4034 §3.1.5: is valid across the end of 32 bits', () => {
    const end = 2 ** 32
    const bytes = signedBySig0(request, signer, { now: end, fudge: 10 })
    assert.equal(typeof find(bytes, end + 5), 'object')
    assert.equal(typeof find(bytes, end - 5), 'object')
    assert.equal(find(bytes, end + 11), 'BADTIME')
  })

  it('gives back the message as it was before it was signed', () => {
    const bytes = signedBySig0(request, signer)
    assert.deepEqual(Buffer.from(withoutSignature(bytes, decoded(bytes))), Buffer.from(request))
  })

  it('is malformed when SIG(0) is not last, comes twice, or is cut', () => {
    const once = signedBySig0(request, signer)
    assert.equal(decodeMessage(signedBySig0(once, signer)).ok, false)
    const key = { name: nameOf('k'), algorithm: 'hmac-sha256', secret: Buffer.alloc(32) } as const
    assert.equal(decodeMessage(signMessage(once, key, NOW).bytes).ok, false)
    assert.equal(decodeMessage(signedBySig0(signMessage(request, key, NOW).bytes, signer)).ok, false)
    for (const octets of [3, 17, 18, 18 + signer.name.length + 1])
      assert.equal(decodeMessage(withSig0(request, Buffer.alloc(octets))).ok, octets > 19, `${octets} octets`)
  })

  it('leaves a SIG that covers a type among the additional records', () => {
    const rdata = Buffer.concat([Buffer.of(0, 1), Buffer.alloc(17), Buffer.of(1)])
    const message = decoded(withSig0(request, rdata))
    assert.deepEqual([message.sig0, message.additionals.length], [undefined, 1])
  })
})

describe('RFC 2535 §3 a KEY record', () => {
  const reason = (rdata: Uint8Array) => {
    const read = readSig0Key(signer.name, rdata)
    return read.ok ? '' : read.reason
  }
  const changed = (at: number, octet: number) => {
    const rdata = Buffer.from(signer.rdata)
    rdata[at] = octet
    return rdata
  }
  it('must be one for authentication, of DNSSEC or all protocols', () => {
    assert.match(reason(changed(0, 0x80)), /not for authentication/)
    assert.match(reason(changed(0, 0xc0)), /not for authentication/)
    assert.match(reason(changed(2, 4)), /protocol is 4; 3 \(DNSSEC\)/)
    assert.equal(reason(changed(2, 255)), '')
  })
  it('of another algorithm says which are known', () => {
    for (const algorithm of [1, 3, 5, 7, 10, 16, 253])
      assert.match(reason(changed(3, algorithm)), /algorithm is \d+; known here are RSASHA256 \(8\), /)
  })
  it('with octets that are no key of its algorithm is refused', () => {
    assert.match(reason(signer.rdata.subarray(0, 35)), /ED25519 has 32 octets/)
    assert.match(reason(signers.get(14)!.rdata.subarray(0, 99)), /P-384 has 96 octets/)
    // a point that is not on the curve
    const off = Buffer.from(signers.get(13)!.rdata)
    off[40]! ^= 1
    assert.match(reason(off), /no public key of ECDSAP256SHA256/)
    assert.match(reason(Buffer.of(2, 0, 3, 8)), /too short/)
  })
  it('of RSA has a modulus and an exponent that are worth their work', () => {
    const rsa = (bits: number, exponentOctets = 3) =>
      Buffer.concat([
        Buffer.of(2, 0, 3, 8, exponentOctets),
        Buffer.alloc(exponentOctets, 1),
        Buffer.alloc(bits / 8, 0xff),
      ])
    assert.match(reason(rsa(512)), /has 512 bits; 1024 to 4096/)
    assert.match(reason(rsa(8_192)), /has 8192 bits/)
    assert.match(reason(rsa(2_048, 200)), /exponent is larger/)
    assert.match(reason(Buffer.of(2, 0, 3, 8, 200, 1, 1)), /past the end/)
    assert.match(reason(Buffer.of(2, 0, 3, 8, 0, 1)), /past the end/)
  })
})

// dnspython computes key tags and reads public keys by itself.
const ORACLE = `
import json, sys, dns.dnssec, dns.rdata, dns.rdtypes.ANY.DNSKEY
out = []
for rdata in json.load(sys.stdin):
    # the same RDATA and rules as those of KEY
    key = dns.rdata.from_wire('IN', 'DNSKEY', bytes.fromhex(rdata), 0, len(rdata) // 2)
    out.append(dns.dnssec.key_id(key))
print(json.dumps(out))
`
describe('RFC 4034 appendix B', { skip: missing('/usr/bin/python3', '-c', 'import dns') }, () => {
  it('the tags of keys are those of dnspython', () => {
    const all = [...signers.values()]
    assert.deepEqual(
      all.map((by) => keyOf(by).keyTag),
      python<number[]>(
        ORACLE,
        all.map(({ rdata }) => Buffer.from(rdata).toString('hex')),
      ),
    )
  })
})
