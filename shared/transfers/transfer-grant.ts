import { isIP } from 'node:net'
import { canonicalName, type Name, parseName } from '../dns/name.ts'
import type { TextParsed } from '../dns/result.ts'
import { type AddressRange, parseAddressRange } from './address-range.ts'

/** Who may transfer a zone: whoever signs with a key, whoever comes from certain addresses, or both must be so. */
export interface TransferGrant {
  readonly key?: Name
  readonly range?: AddressRange
  /** As it is stored and shown: `KEY`, `ip:CIDR` or `KEY+ip:CIDR`. */
  readonly text: string
}

/** Reads `KEY`, `CIDR` or `KEY+CIDR`, with or without `ip:` before an address. */
export function parseTransferGrant(text: string): TextParsed<TransferGrant> {
  const plus = text.lastIndexOf('+')
  if (plus !== -1) return both(text.slice(0, plus), text.slice(plus + 1))
  if (!isAddress(text)) return fromKey(text)
  const range = parseAddressRange(withoutPrefix(text))
  return range.ok ? { ok: true, value: { range: range.value, text: `ip:${range.value.text}` } } : range
}

/** Any grant does. `key` is the one that the request was signed with. */
export function mayTransfer(
  grants: readonly TransferGrant[],
  key: Name | undefined,
  address: string,
): boolean {
  return grants.some(
    (grant) =>
      (grant.key === undefined || grant.key === key) &&
      (grant.range === undefined || grant.range.holds(address)),
  )
}

function both(keyText: string, rangeText: string): TextParsed<TransferGrant> {
  const key = fromKey(keyText)
  if (!key.ok) return key
  const range = parseAddressRange(withoutPrefix(rangeText))
  if (!range.ok) return range
  const { text } = key.value
  return { ok: true, value: { ...key.value, range: range.value, text: `${text}+ip:${range.value.text}` } }
}

function fromKey(text: string): TextParsed<TransferGrant> {
  const name = parseName(text)
  if (!name.ok) return { ok: false, reason: `'${text}' is neither a key's name nor an address range` }
  const key = canonicalName(name.value)
  return { ok: true, value: { key, text: key === '.' ? key : key.slice(0, -1) } }
}

function isAddress(text: string): boolean {
  return text.startsWith('ip:') || text.includes('/') || isIP(text) !== 0
}

function withoutPrefix(text: string): string {
  return text.startsWith('ip:') ? text.slice(3) : text
}
