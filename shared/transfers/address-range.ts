import { BlockList, isIP } from 'node:net'
import type { TextParsed } from '../dns/result.ts'

/** Addresses such as 10.0.0.0/8 or 2001:db8::/32; without a length one address. */
export interface AddressRange {
  readonly text: string
  readonly holds: (address: string) => boolean
}

export function parseAddressRange(text: string): TextParsed<AddressRange> {
  const [address = '', prefix, ...more] = text.split('/')
  const family = isIP(address)
  const longest = family === 4 ? 32 : 128
  const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
  if (family === 0 || more.length > 0 || length < 0 || length > longest)
    return { ok: false, reason: `'${text}' is not an address range such as 10.0.0.0/8 or 2001:db8::/32` }
  const list = new BlockList()
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  list.addSubnet(address, length, kind)
  return { ok: true, value: { text, holds: (other) => isIP(other) === family && list.check(other, kind) } }
}
