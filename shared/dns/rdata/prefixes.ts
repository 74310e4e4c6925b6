import { u16 } from '../octets.ts'
import { addressText, ipv4Octets, ipv6Octets } from './addresses.ts'
import { expected, type Field } from './field.ts'
import { decimal, putNumber } from './numbers.ts'

const SIZES: Readonly<Record<number, number>> = { 1: 4, 2: 16 }

/** APL's list of address prefixes (RFC 3123): family, prefix length, and the address without its trailing zeros. */
export const prefixes: Field = {
  what: 'address prefixes (RFC 3123)',
  end(octets, at, limit) {
    let next = at
    while (next < limit) {
      if (next + 4 > limit) return -1
      const size = SIZES[u16(octets, next)]
      const length = octets[next + 3]! & 0x7f
      const end = next + 4 + length
      if (end > limit || (length > 0 && octets[end - 1] === 0)) return -1
      if (size !== undefined && (octets[next + 2]! > 8 * size || length > size)) return -1
      next = end
    }
    return next
  },
  print(octets, at, end) {
    const texts: string[] = []
    for (let next = at; next < end; ) {
      const family = u16(octets, next)
      const length = octets[next + 3]! & 0x7f
      const size = SIZES[family]
      if (size === undefined) return ''
      const address = new Uint8Array(size)
      address.set(octets.subarray(next + 4, next + 4 + length))
      const negated = octets[next + 3]! > 0x7f ? '!' : ''
      texts.push(`${negated}${family}:${addressText(address)}/${octets[next + 2]}`)
      next += 4 + length
    }
    return texts.join(' ')
  },
  parse(tokens, out) {
    while (tokens.left > 0) {
      const token = tokens.next()!
      const parts = /^(!?)([12]):([^/]+)\/(\d{1,3})$/.exec(token)
      const family = Number(parts?.[2])
      const address = family === 1 ? ipv4Octets(parts?.[3] ?? '') : ipv6Octets(parts?.[3] ?? '')
      const prefix = decimal(parts?.[4], 8 * (SIZES[family] ?? 0))
      if (parts === null || address === undefined || prefix === undefined) {
        return expected('a prefix such as 1:192.0.2.0/24 or !2:2001:db8::/32', token)
      }
      const length = address.findLastIndex((octet) => octet !== 0) + 1
      putNumber(out, family, 2)
      out.octet(prefix)
      out.octet(length | (parts[1] === '!' ? 0x80 : 0))
      out.append(address.subarray(0, length))
    }
    return undefined
  },
}
