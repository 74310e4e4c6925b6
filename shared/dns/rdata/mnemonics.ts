import { mnemonic } from './numbers.ts'

/** DNSSEC algorithm numbers by the names that BIND reads. */
export const dnssecAlgorithm = mnemonic(1, 'a DNSSEC algorithm', {
  RSAMD5: 1,
  DH: 2,
  DSA: 3,
  ECC: 4,
  RSASHA1: 5,
  NSEC3DSA: 6,
  NSEC3RSASHA1: 7,
  RSASHA256: 8,
  RSASHA512: 10,
  ECCGOST: 12,
  ECDSAP256SHA256: 13,
  ECDSA256: 13,
  ECDSAP384SHA384: 14,
  ECDSA384: 14,
  ED25519: 15,
  ED448: 16,
  INDIRECT: 252,
  PRIVATEDNS: 253,
  PRIVATEOID: 254,
})

/** RFC 4034 §5.1.3 and the IANA registry of DS digests. */
export const digestType = mnemonic(1, 'a digest type', {
  'SHA-1': 1,
  SHA1: 1,
  'SHA-256': 2,
  SHA256: 2,
  GOST: 3,
  'SHA-384': 4,
  SHA384: 4,
})

/** RFC 4398 §2.1. */
export const certificateType = mnemonic(2, 'a certificate type', {
  PKIX: 1,
  SPKI: 2,
  PGP: 3,
  IPKIX: 4,
  ISPKI: 5,
  IPGP: 6,
  ACPKIX: 7,
  IACPKIX: 8,
  URI: 253,
  OID: 254,
})

/** RFC 2535 §3.1.3. */
export const keyProtocol = mnemonic(1, 'a key protocol', {
  NONE: 0,
  TLS: 1,
  EMAIL: 2,
  DNSSEC: 3,
  IPSEC: 4,
  ALL: 255,
})

/** RFC 9859: how a parent wants to hear of changes. */
export const notifyScheme = mnemonic(1, 'a scheme', { NOTIFY: 1 })

export const ipProtocol = mnemonic(1, 'an IP protocol', { ICMP: 1, TCP: 6, UDP: 17 })
