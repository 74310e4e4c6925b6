import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { type Name, nameOf, nameToWire } from '../../shared/dns/name.ts'
import { keyTagOf, type Sig0Algorithm } from '../../shared/dns/sig0-key.ts'

/** A key pair that signs messages by SIG(0) as RFC 2931 says, written apart from the code that verifies. */
export interface Sig0Signer {
  readonly name: Name
  readonly algorithm: Sig0Algorithm
  /** RDATA of the KEY record. */
  readonly rdata: Uint8Array
  readonly keyTag: number
  readonly privateKey: KeyObject
}

export function sig0Signer(name: string, algorithm: Sig0Algorithm): Sig0Signer {
  const { publicKey, privateKey } = keyPair(algorithm)
  const jwk = publicKey.export({ format: 'jwk' })
  const octets = (field: 'n' | 'e' | 'x' | 'y') => Buffer.from(jwk[field] ?? '', 'base64url')
  const e = octets('e')
  const key =
    algorithm === 8
      ? [Buffer.of(e.length), e, octets('n')]
      : [octets('x'), algorithm === 15 ? [] : octets('y')]
  const rdata = Buffer.concat([Buffer.of(0x02, 0x00, 3, algorithm), ...key.flat()])
  return { name: nameOf(name), algorithm, rdata, keyTag: keyTagOf(rdata), privateKey }
}

export interface Sig0Times {
  /** Seconds since the epoch. */
  readonly now?: number
  /** Seconds before and after that in which the signature is valid. */
  readonly fudge?: number
}

export function signedBySig0(
  message: Uint8Array,
  signer: Sig0Signer,
  { now = Math.floor(Date.now() / 1_000), fudge = 300 }: Sig0Times = {},
): Buffer {
  const prefix = Buffer.concat([Buffer.alloc(18), nameToWire(signer.name)])
  prefix[2] = signer.algorithm
  prefix.writeUInt32BE((now + fudge) >>> 0, 8)
  prefix.writeUInt32BE((now - fudge) >>> 0, 12)
  prefix.writeUInt16BE(signer.keyTag, 16)
  const hash = { 8: 'sha256', 13: 'sha256', 14: 'sha384', 15: null }[signer.algorithm]
  const by = { key: signer.privateKey, dsaEncoding: 'ieee-p1363' } as const
  return withSig0(message, Buffer.concat([prefix, sign(hash, Buffer.concat([prefix, message]), by)]))
}

/** Appends a SIG(0) with this RDATA: root, SIG, ANY, TTL 0. */
export function withSig0(message: Uint8Array, rdata: Uint8Array): Buffer {
  const head = Buffer.from([0, 0, 24, 0, 255, 0, 0, 0, 0, rdata.length >>> 8, rdata.length & 0xff])
  const signed = Buffer.concat([message, head, rdata])
  signed.writeUInt16BE(signed.readUInt16BE(10) + 1, 10)
  return signed
}

function keyPair(algorithm: Sig0Algorithm) {
  if (algorithm === 8) return generateKeyPairSync('rsa', { modulusLength: 2_048 })
  if (algorithm === 15) return generateKeyPairSync('ed25519')
  return generateKeyPairSync('ec', { namedCurve: algorithm === 13 ? 'P-256' : 'P-384' })
}
