import { addressOctets } from '../../../../shared/rules/address-range.ts'
import { type AddressChange, type FamilyChange, KEEP, REMOVE } from './address-change.ts'

/** What the parameters say, or what is wrong with them. */
export type ReadChange =
  | { readonly ok: true; readonly change: AddressChange }
  | { readonly ok: false; readonly detail: string }

type Octets = 4 | 16

interface Word {
  /** The parameter that holds it. */
  readonly of: string
  readonly text: string
}

/** Where addresses of each family may stand; those that name a family go first. */
const IPV4_NAMES = ['myipv4', 'ipv4'] as const
const IPV6_NAMES = ['myipv6', 'ipv6'] as const
const ANY_NAMES = ['myip', 'ip'] as const
export const ADDRESS_NAMES: readonly string[] = [...IPV4_NAMES, ...IPV6_NAMES, ...ANY_NAMES]

/** Of one family. */
const MOST_ADDRESSES = 10
/** Of both, with what is empty and what is kept. */
const MOST_WORDS = 4 * MOST_ADDRESSES

/**
 * The addresses of a request: lists with commas, `preserve` for what is there, nothing in a parameter that names a family to take them
 * away, `/64` for a prefix. What is not spoken of stays. Where no address is given, it is the sender's; an empty `myip` means that too, as old
 * routers send it, unless an address stands in another parameter.
 */
export function readChange(params: URLSearchParams, sender: string): ReadChange {
  if (isYes(params.get('offline'))) return { ok: true, change: { ipv4: REMOVE, ipv6: REMOVE } }
  const words = ADDRESS_NAMES.flatMap((name) => wordsOf(params, name))
  if (words.length > MOST_WORDS) return { ok: false, detail: `more than ${MOST_ADDRESSES} addresses` }
  const wrong = words.find(({ of, text }) => isAddress(text) && octetsOf(of, text) === 0)
  if (wrong !== undefined)
    return { ok: false, detail: `${wrong.of}=${quoted(wrong.text)} is no address that it can hold` }
  const ipv4 = family(words, 4)
  const ipv6 = family(words, 16)
  const broken = [ipv4, ipv6].find((read) => typeof read === 'string')
  if (typeof broken === 'string') return { ok: false, detail: broken }
  const change = { ipv4: ipv4 as FamilyChange | undefined, ipv6: ipv6 as FamilyChange | undefined }
  return withSender(change, words, sender)
}

/** `YES` and what else clients write for it. */
export function isYes(value: string | null): boolean {
  return value !== null && /^(?:yes|on|1|true)$/i.test(value.trim())
}

function withSender(
  { ipv4, ipv6 }: { ipv4: FamilyChange | undefined; ipv6: FamilyChange | undefined },
  words: readonly Word[],
  sender: string,
): ReadChange {
  const isSilent = words.every((word) => isOfAny(word) && word.text === '')
  const isEmptied = words.some((word) => isOfAny(word) && word.text === '')
  const isGiven = words.some(({ text }) => isAddress(text))
  if (!isSilent && (isGiven || !isEmptied)) {
    // an address stands elsewhere, so an empty myip means that there is none of IPv4
    const isGone = isEmptied && words.some((word) => !isOfAny(word) && isAddress(word.text))
    return { ok: true, change: { ipv4: ipv4 ?? (isGone ? REMOVE : KEEP), ipv6: ipv6 ?? KEEP } }
  }
  const octets = addressOctets(sender)
  if (octets === undefined) return { ok: false, detail: 'no address was given, and the sender has none' }
  const own: FamilyChange = { kind: 'set', addresses: [octets] }
  return octets.length === 4
    ? { ok: true, change: { ipv4: ipv4 === KEEP ? KEEP : own, ipv6: ipv6 ?? KEEP } }
    : { ok: true, change: { ipv4: ipv4 ?? KEEP, ipv6: ipv6 === KEEP ? KEEP : own } }
}

function isAddress(text: string): boolean {
  return text !== '' && text !== 'preserve'
}

function isOfAny({ of }: Word): boolean {
  return (ANY_NAMES as readonly string[]).includes(of)
}

function wordsOf(params: URLSearchParams, name: string): Word[] {
  return params
    .getAll(name)
    .flatMap((value) => value.split(',', MOST_WORDS + 1))
    .map((text) => ({ of: name, text: text.trim().toLowerCase() }))
}

/** Undefined where nothing is said of this family; a text says what is wrong. */
function family(words: readonly Word[], octets: Octets): FamilyChange | undefined | string {
  const names: readonly string[] = octets === 4 ? IPV4_NAMES : IPV6_NAMES
  const own = words.filter(({ of }) => names.includes(of))
  const texts = (own.length > 0 ? own : words.filter(isOfAny))
    .filter(({ of, text }) => !isAddress(text) || octetsOf(of, text) === octets)
    .map(({ text }) => text)
  const given = texts.filter(isAddress)
  if (given.length === 0) {
    if (texts.includes('preserve')) return KEEP
    return own.length > 0 ? REMOVE : undefined
  }
  if (texts.includes('preserve')) return 'preserve stands beside an address'
  if (given.length > MOST_ADDRESSES) return `more than ${MOST_ADDRESSES} addresses`
  const [prefix, ...more] = given.filter((text) => text.includes('/'))
  if (prefix === undefined) return { kind: 'set', addresses: given.map((text) => addressOctets(text)!) }
  return more.length > 0 || given.length > 1 ? 'a prefix stands beside other addresses' : prefixOf(prefix)
}

function prefixOf(text: string): FamilyChange {
  const [address = '', bits] = text.split('/')
  const prefix = addressOctets(address)!
  return Number(bits) === 8 * prefix.length
    ? { kind: 'set', addresses: [prefix] }
    : { kind: 'prefix', prefix, bits: Number(bits) }
}

/** 0 for what is no address, or not of the family that the parameter is for. */
function octetsOf(name: string, text: string): Octets | 0 {
  const [address = '', bits, ...more] = text.split('/')
  const octets = addressOctets(address)
  if (octets === undefined || more.length > 0) return 0
  if (
    bits !== undefined &&
    !(/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= 8 * octets.length)
  )
    return 0
  const isIpv4 = octets.length === 4
  if ((IPV6_NAMES as readonly string[]).includes(name) && isIpv4) return 0
  if ((IPV4_NAMES as readonly string[]).includes(name) && !isIpv4) return 0
  return isIpv4 ? 4 : 16
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60))
}
