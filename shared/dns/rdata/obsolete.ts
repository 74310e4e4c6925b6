// Types that nobody should use any more but that an old zone may hold.
import { skipName } from '../name-wire.ts'
import { ipv6, ipv6Octets } from './addresses.ts'
import { base64Text, fromBase64, fromHex, hexText } from './binary.ts'
import { expected, type Field } from './field.ts'
import { foldedName } from './names.ts'
import { decimal } from './numbers.ts'

/** NSAP's address (RFC 1706): `0x` and hexadecimal digits, dots for the eye. */
export const nsapAddress: Field = {
  what: 'an NSAP address such as 0x47.0005.80',
  end: (_, at, limit) => (limit > at ? limit : -1),
  print: (octets, at, end) => `0x${hexText(octets, at, end)}`,
  parse(tokens, out) {
    const token = tokens.next()
    const octets = token?.toLowerCase().startsWith('0x')
      ? fromHex(token.slice(2).replaceAll('.', ''))
      : undefined
    if (octets === undefined || octets.length === 0) return expected(this.what, token)
    out.append(octets)
    return undefined
  },
}

/** ATMA's address (af-saa-0069): format 0 is hexadecimal, format 1 is `+` and the digits of E.164. */
export const atmAddress: Field = {
  what: 'an ATM address, in hexadecimal digits or as +DIGITS',
  end(octets, at, limit) {
    if (limit - at < 2) return -1
    if (octets[at] === 1 && !octets.subarray(at + 1, limit).every(isDigitOctet)) return -1
    return limit
  },
  print(octets, at, end) {
    if (octets[at] === 0) return hexText(octets, at + 1, end)
    if (octets[at] !== 1) return ''
    return `+${String.fromCharCode(...octets.subarray(at + 1, end))}`
  },
  parse(tokens, out) {
    const token = tokens.next()
    const digits = /^\+(\d+)$/.exec(token ?? '')?.[1]
    const octets = digits === undefined ? fromHex((token ?? '').replaceAll('.', '')) : Buffer.from(digits)
    if (octets === undefined || octets.length === 0) return expected(this.what, token)
    out.octet(digits === undefined ? 0 : 1)
    out.append(octets)
    return undefined
  },
}

function isDigitOctet(octet: number): boolean {
  return octet >= 0x30 && octet <= 0x39
}

/** WKS's port bitmap (RFC 1035 §3.4.2); ports are printed as numbers. */
export const portBitmap: Field = {
  what: 'a bitmap of ports',
  end: (octets, at, limit) => (limit - at > 8192 || (limit > at && octets[limit - 1] === 0) ? -1 : limit),
  print(octets, at, end) {
    const ports: string[] = []
    for (let bit = 0; bit < 8 * (end - at); bit++) {
      if (octets[at + (bit >>> 3)]! & (0x80 >>> (bit & 7))) ports.push(String(bit))
    }
    return ports.join(' ')
  },
  parse(tokens, out) {
    const bits = Buffer.alloc(8192)
    while (tokens.left > 0) {
      const token = tokens.next()
      const port = decimal(token, 0xffff)
      if (port === undefined) return expected('a port number', token)
      bits[port >>> 3]! |= 0x80 >>> (port & 7)
    }
    out.append(bits.subarray(0, bits.findLastIndex((octet) => octet !== 0) + 1))
    return undefined
  },
}

/** A6 as a whole (RFC 2874 §3.1): prefix length, the address bits after it, and the name of the prefix. */
export const chainedAddress: Field = {
  what: 'an A6 address (RFC 2874)',
  end(octets, at, limit) {
    const prefix = octets[at] ?? 255
    if (at >= limit || prefix > 128) return -1
    const nameAt = at + 1 + suffixOctets(prefix)
    if (nameAt > limit) return -1
    // The bits that belong to the prefix are zero.
    if (prefix % 8 !== 0 && octets[at + 1]! >>> (8 - (prefix % 8)) !== 0) return -1
    return prefix === 0 ? nameAt : skipName(octets, nameAt, limit)
  },
  print(octets, at, end) {
    const prefix = octets[at]!
    const size = suffixOctets(prefix)
    const address = new Uint8Array(16)
    address.set(octets.subarray(at + 1, at + 1 + size), 16 - size)
    const texts = [String(prefix)]
    if (prefix < 128) texts.push(ipv6.print(address, 0, 16)!)
    if (prefix > 0) texts.push(foldedName.print(octets, at + 1 + size, end)!)
    return texts.join(' ')
  },
  parse(tokens, out) {
    const first = tokens.next()
    const prefix = decimal(first, 128)
    if (prefix === undefined) return expected('a prefix length up to 128', first)
    out.octet(prefix)
    if (prefix < 128) {
      const token = tokens.next()
      const address = ipv6Octets(token ?? '')
      if (address === undefined) return expected('an IPv6 address', token)
      const suffix = Buffer.from(address.subarray(16 - suffixOctets(prefix)))
      if (prefix % 8 !== 0) suffix[0]! &= 0xff >>> (prefix % 8)
      out.append(suffix)
    }
    return prefix === 0 ? undefined : foldedName.parse(tokens, out)
  },
}

function suffixOctets(prefix: number): number {
  return Math.ceil((128 - prefix) / 8)
}

/** DOA's data (draft-durand-doa-over-dns): base64, `-` when there is none. */
export const dataOrDash: Field = {
  what: 'base64 or -',
  end: (_octets, _at, limit) => limit,
  print: (octets, at, end) => (at === end ? '-' : base64Text(octets, at, end)),
  parse(tokens, out) {
    let text = ''
    const first = tokens.peek()
    while (tokens.left > 0) text += tokens.next()
    const octets = text === '-' ? Buffer.alloc(0) : text === '' ? undefined : fromBase64(text)
    if (octets === undefined) return expected(this.what, first)
    out.append(octets)
    return undefined
  },
}
