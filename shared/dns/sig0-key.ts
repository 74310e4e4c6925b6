import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { Name } from './name.ts'
import { u16 } from './octets.ts'
import type { TextParsed } from './result.ts'

/** The algorithms that requests may be signed with, by the number in KEY and SIG, as BIND calls them. */
export const SIG0_ALGORITHMS = {
  8: 'RSASHA256',
  13: 'ECDSAP256SHA256',
  14: 'ECDSAP384SHA384',
  15: 'ED25519',
} as const
export type Sig0Algorithm = keyof typeof SIG0_ALGORITHMS

/** A public key whose owner may sign requests (RFC 2931). */
export interface Sig0Key {
  readonly name: Name
  readonly algorithm: Sig0Algorithm
  readonly keyTag: number
  readonly publicKey: KeyObject
}

/** RFC 2535 §3.1.3: DNSSEC, or all protocols. */
const PROTOCOLS = [3, 255]
/** RFC 2535 §3.1.2: use of the key for authentication is prohibited, or there is no key at all. */
const NOT_FOR_AUTHENTICATION = 0x8000
const RSA_BITS = { least: 1_024, most: 4_096 }
/** Verifying costs more with each bit of the exponent; 65537 has three octets. */
const RSA_EXPONENT_OCTETS = 5

/** Reads the RDATA of a KEY record; the reason says why it cannot verify requests. */
export function readSig0Key(name: Name, rdata: Uint8Array): TextParsed<Sig0Key> {
  if (rdata.length < 5) return { ok: false, reason: 'the KEY record is too short' }
  if ((u16(rdata, 0) & NOT_FOR_AUTHENTICATION) !== 0)
    return { ok: false, reason: 'its flags say that the key is not for authentication' }
  if (!PROTOCOLS.includes(rdata[2]!))
    return { ok: false, reason: `its protocol is ${rdata[2]}; 3 (DNSSEC) is expected` }
  const algorithm = rdata[3]!
  if (!isKnown(algorithm)) {
    const known = Object.entries(SIG0_ALGORITHMS).map(([code, text]) => `${text} (${code})`)
    return { ok: false, reason: `its algorithm is ${algorithm}; known here are ${known.join(', ')}` }
  }
  const jwk = jwkOf(algorithm, rdata.subarray(4))
  if (typeof jwk === 'string') return { ok: false, reason: jwk }
  try {
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
    return { ok: true, value: { name, algorithm, keyTag: keyTagOf(rdata), publicKey } }
  } catch {
    return { ok: false, reason: `its octets are no public key of ${SIG0_ALGORITHMS[algorithm]}` }
  }
}

/** RFC 4034 appendix B. */
export function keyTagOf(rdata: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < rdata.length; at++) sum += at % 2 === 0 ? rdata[at]! << 8 : rdata[at]!
  return (sum + (sum >>> 16)) & 0xffff
}

function isKnown(algorithm: number): algorithm is Sig0Algorithm {
  return algorithm in SIG0_ALGORITHMS
}

function jwkOf(algorithm: Sig0Algorithm, octets: Uint8Array): JsonWebKey | string {
  switch (algorithm) {
    case 8:
      return rsaJwk(octets)
    case 13:
      return curveJwk('P-256', 32, octets)
    case 14:
      return curveJwk('P-384', 48, octets)
    case 15:
      return octets.length === 32
        ? { kty: 'OKP', crv: 'Ed25519', x: base64url(octets) }
        : 'a key of ED25519 has 32 octets'
  }
}

/** RFC 6605 §4: both coordinates, without a first octet. */
function curveJwk(crv: string, octetsEach: number, octets: Uint8Array): JsonWebKey | string {
  if (octets.length !== 2 * octetsEach) return `a key on the curve ${crv} has ${2 * octetsEach} octets`
  const [x, y] = [octets.subarray(0, octetsEach), octets.subarray(octetsEach)]
  return { kty: 'EC', crv, x: base64url(x), y: base64url(y) }
}

/** RFC 3110 §2: length of the exponent, exponent, modulus. */
function rsaJwk(octets: Uint8Array): JsonWebKey | string {
  const isShort = octets[0] !== 0
  const start = isShort ? 1 : 3
  const end = start + (isShort ? octets[0]! : u16(octets, 1))
  if (octets.length < 3 || end >= octets.length) return 'its exponent runs past the end'
  const [e, n] = [octets.subarray(start, end), octets.subarray(end)]
  if (e.length > RSA_EXPONENT_OCTETS) return 'its exponent is larger than anybody needs'
  const bits = 8 * n.length - Math.clz32(n[0]!) + 24
  if (bits < RSA_BITS.least || bits > RSA_BITS.most)
    return `it has ${bits} bits; ${RSA_BITS.least} to ${RSA_BITS.most} are accepted`
  return { kty: 'RSA', n: base64url(n), e: base64url(e) }
}

function base64url(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64url')
}
