import { Type } from '../codes.ts'
import { ipv4, ipv6 } from './addresses.ts'
import { base32String, base64Rest, hexGroups, hexRest, hexString, publicKey } from './binary.ts'
import { nxtBitmap, typeBitmap } from './bitmap.ts'
import type { Field } from './field.ts'
import { discoveryAndType, gateway } from './gateway.ts'
import { hostIdentity } from './host-identity.ts'
import { location } from './location.ts'
import {
  certificateType,
  digestType,
  dnssecAlgorithm,
  ipProtocol,
  keyProtocol,
  notifyScheme,
} from './mnemonics.ts'
import { foldedName, legacyName, name } from './names.ts'
import { moment, rrType, seconds, u8, u16, u32 } from './numbers.ts'
import { atmAddress, chainedAddress, dataOrDash, nsapAddress, portBitmap } from './obsolete.ts'
import { prefixes } from './prefixes.ts'
import { serviceParams } from './service-params.ts'
import { string, stringOf, strings, tag, textRest } from './strings.ts'

/** What follows a known digest type, in the octet before it, has the length of that digest. */
function digest(lengths: Readonly<Record<number, number>>, min = 1): Field {
  return hexRest({ min, exact: (octets, at) => lengths[octets[at - 1]!] })
}

const dsDigest = digest({ 1: 20, 2: 32, 4: 48 })
const ds = [u16, dnssecAlgorithm, digestType, dsDigest]
const dnskey = [u16, keyProtocol, dnssecAlgorithm, publicKey(false)]
const tlsa = [u8, u8, u8, hexRest()]
const zeroFlags: Field = {
  ...u16,
  what: 'flags of zero',
  end: (octets, at, limit) => (limit - at >= 2 && octets[at] === 0 && octets[at + 1] === 0 ? at + 2 : -1),
}
const texts = [strings(1)]
const svcb = [u16, name, serviceParams]

function signature(signer: Field): readonly Field[] {
  return [rrType, dnssecAlgorithm, u8, seconds, moment, moment, u16, signer, base64Rest()]
}

/** The fields of each type's RDATA, in order. A type that is not here is opaque (RFC 3597). */
export const SHAPES = new Map<number, readonly Field[]>([
  [Type.A, [ipv4]],
  [Type.NS, [legacyName]],
  [Type.MD, [legacyName]],
  [Type.MF, [legacyName]],
  [Type.CNAME, [legacyName]],
  [Type.SOA, [legacyName, legacyName, u32, seconds, seconds, seconds, seconds]],
  [Type.MB, [legacyName]],
  [Type.MG, [legacyName]],
  [Type.MR, [legacyName]],
  [Type.WKS, [ipv4, ipProtocol, portBitmap]],
  [Type.PTR, [legacyName]],
  [Type.HINFO, [string, string]],
  [Type.MINFO, [legacyName, legacyName]],
  [Type.MX, [u16, legacyName]],
  [Type.TXT, texts],
  [Type.RP, [legacyName, legacyName]],
  [Type.AFSDB, [u16, legacyName]],
  [Type.X25, [stringOf('at least four digits', /^\d{4,}$/)]],
  [Type.ISDN, [strings(1, 2)]],
  [Type.RT, [u16, legacyName]],
  [Type.NSAP, [nsapAddress]],
  [Type['NSAP-PTR'], [name]],
  [Type.SIG, signature(legacyName)],
  [Type.KEY, [u16, keyProtocol, dnssecAlgorithm, publicKey(true)]],
  [Type.PX, [u16, legacyName, legacyName]],
  [Type.GPOS, [string, string, string]],
  [Type.AAAA, [ipv6]],
  [Type.LOC, [location]],
  [Type.NXT, [legacyName, nxtBitmap]],
  [Type.EID, [hexRest()]],
  [Type.NIMLOC, [hexRest()]],
  [Type.SRV, [u16, u16, u16, legacyName]],
  [Type.ATMA, [atmAddress]],
  [Type.NAPTR, [u16, u16, string, string, string, legacyName]],
  [Type.KX, [u16, foldedName]],
  [Type.CERT, [certificateType, u16, dnssecAlgorithm, base64Rest()]],
  [Type.A6, [chainedAddress]],
  [Type.DNAME, [foldedName]],
  [Type.SINK, [u8, u8, u8, base64Rest({ optional: true })]],
  [Type.APL, [prefixes]],
  [Type.DS, ds],
  [Type.SSHFP, [u8, u8, digest({ 1: 20, 2: 32 })]],
  [Type.IPSECKEY, [u8, u8, u8, gateway(2, 0xff), base64Rest()]],
  [Type.RRSIG, signature(foldedName)],
  [Type.NSEC, [name, typeBitmap(false)]],
  [Type.DNSKEY, dnskey],
  [Type.DHCID, [base64Rest()]],
  [Type.NSEC3, [u8, u8, u16, hexString, base32String, typeBitmap(true)]],
  [Type.NSEC3PARAM, [u8, u8, u16, hexString]],
  [Type.TLSA, tlsa],
  [Type.SMIMEA, tlsa],
  [Type.HIP, [hostIdentity]],
  [Type.NINFO, texts],
  [Type.RKEY, [zeroFlags, keyProtocol, dnssecAlgorithm, publicKey(false)]],
  [Type.TALINK, [name, name]],
  [Type.CDS, ds],
  [Type.CDNSKEY, dnskey],
  [Type.OPENPGPKEY, [base64Rest()]],
  [Type.CSYNC, [u32, u16, typeBitmap(true)]],
  [Type.ZONEMD, [u32, u8, u8, digest({ 1: 48, 2: 64 }, 12)]],
  [Type.SVCB, svcb],
  [Type.HTTPS, svcb],
  [Type.DSYNC, [rrType, notifyScheme, u16, name]],
  [Type.HHIT, [base64Rest()]],
  [Type.BRID, [base64Rest()]],
  [Type.SPF, texts],
  [Type.NID, [u16, hexGroups(8, 2, ':')]],
  [Type.L32, [u16, ipv4]],
  [Type.L64, [u16, hexGroups(8, 2, ':')]],
  [Type.LP, [u16, name]],
  [Type.EUI48, [hexGroups(6, 1, '-')]],
  [Type.EUI64, [hexGroups(8, 1, '-')]],
  [Type.URI, [u16, u16, textRest]],
  [Type.CAA, [u8, tag, textRest]],
  [Type.AVC, texts],
  [Type.DOA, [u32, u32, u8, string, dataOrDash]],
  [Type.AMTRELAY, [u8, discoveryAndType, gateway(1, 0x7f, hexRest({ min: 0 }))]],
  [Type.RESINFO, texts],
  [Type.WALLET, texts],
  [Type.TA, ds],
  [Type.DLV, ds],
])
