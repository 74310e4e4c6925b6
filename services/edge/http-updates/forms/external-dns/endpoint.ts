import { Type, typeFromText, typeToText } from '../../../../../shared/dns/codes.ts'
import { canonicalName, type Name, parseName, ROOT } from '../../../../../shared/dns/name.ts'
import { rdataFromText, rdataToText } from '../../../../../shared/dns/rdata.ts'
import type { RRset } from '../../../../../shared/dns/record.ts'
import { isObject } from '../../json-form.ts'
import { txtRdata } from '../txt-value.ts'

/** One RRset as external-dns writes it; fields that are not needed here are left alone. */
export interface EndpointJson {
  readonly dnsName: string
  readonly recordType: string
  readonly targets: readonly string[]
  readonly recordTTL?: number
}

/** An RRset that is wanted, or that is to go. */
export interface Endpoint {
  readonly name: Name
  readonly type: number
  /** Undefined where the client does not care. */
  readonly ttl: number | undefined
  readonly rdata: readonly Uint8Array[]
}

/** Types that external-dns may be told to manage; others of a zone are none of its business. */
const TYPES: ReadonlySet<number> = new Set([
  Type.A,
  Type.AAAA,
  Type.CNAME,
  Type.TXT,
  Type.SRV,
  Type.NS,
  Type.MX,
  Type.PTR,
  Type.NAPTR,
])
const LONGEST_TTL = 0x7fff_ffff

/** What a zone has, or undefined where external-dns has nothing to do with it. Names come without their final dot. */
export function endpointOf({ name, type, ttl, rdata }: RRset, apex: Name): EndpointJson | undefined {
  if (!TYPES.has(type) || (type === Type.NS && canonicalName(name) === apex)) return undefined
  const targets = rdata.map((value) => withoutDot(rdataToText(type, value)))
  return { dnsName: withoutDot(canonicalName(name)), targets, recordType: typeToText(type), recordTTL: ttl }
}

function withoutDot(text: string): string {
  return text.length > 1 && text.endsWith('.') ? text.slice(0, -1) : text
}

/** Reads one; a sentence where it is none that can be stored. */
export function readEndpoint(value: unknown): Endpoint | string {
  if (!isObject(value)) return 'an endpoint is no object'
  const { dnsName, recordType, targets, recordTTL = 0 } = value
  const name = typeof dnsName === 'string' ? parseName(dnsName) : undefined
  if (name === undefined || !name.ok) return `'${shown(dnsName)}' is no name`
  const type = typeof recordType === 'string' ? typeFromText(recordType) : undefined
  if (type === undefined || !TYPES.has(type))
    return `records of type '${shown(recordType)}' are not managed here`
  if (!Array.isArray(targets) || targets.length === 0) return `${shown(dnsName)} has no targets`
  if (
    typeof recordTTL !== 'number' ||
    !Number.isInteger(recordTTL) ||
    recordTTL < 0 ||
    recordTTL > LONGEST_TTL
  )
    return `${shown(dnsName)} has no TTL that can be`
  const rdata: Uint8Array[] = []
  for (const target of targets) {
    const octets = typeof target === 'string' ? rdataOf(type, target) : undefined
    if (octets === undefined) return `'${shown(target)}' is no ${typeToText(type)} of ${shown(dnsName)}`
    rdata.push(octets)
  }
  return { name: canonicalName(name.value), type, ttl: recordTTL === 0 ? undefined : recordTTL, rdata }
}

/** Names as targets are absolute, with or without their final dot. A TXT value may come in quotes. */
function rdataOf(type: number, target: string): Uint8Array | undefined {
  if (type === Type.TXT && !target.startsWith('"')) return txtRdata(target)
  const parsed = rdataFromText(type, target, ROOT)
  return parsed.ok ? parsed.value : undefined
}

const LONGEST_SHOWN = 100

function shown(value: unknown): string {
  return String(value).slice(0, LONGEST_SHOWN)
}
