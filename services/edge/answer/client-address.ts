import ipaddr from 'ipaddr.js'
import type { AddressRange } from '../../../shared/config/answers.ts'

// Calls do not nest, so one scratch serves all.
const scratch = new Uint8Array(16)

/** Writes the address to `out`; returns how many octets it has, 4 or 16. An IPv6 zone (`%eth0`) is left out. */
export function writeAddress(text: string, out: Uint8Array, at = 0): 4 | 16 {
  let octet = 0
  let next = at
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x2e) {
      out[next++] = octet
      octet = 0
    } else if (code >= 0x30 && code <= 0x39) octet = octet * 10 + code - 0x30
    else {
      out.set(ipaddr.parse(text.replace(/%.*/, '')).toByteArray(), at)
      return 16
    }
  }
  out[next] = octet
  return 4
}

export function isWithin(address: string, ranges: readonly AddressRange[]): boolean {
  if (ranges.length === 0) return false
  const length = writeAddress(address, scratch)
  return ranges.some(({ octets, bits }) => octets.length === length && sharesBits(octets, scratch, bits))
}

function sharesBits(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  const whole = bits >>> 3
  for (let at = 0; at < whole; at++) if (a[at] !== b[at]) return false
  const mask = 0xff00 >>> (bits & 7)
  return (bits & 7) === 0 || (a[whole]! & mask & 0xff) === (b[whole]! & mask & 0xff)
}
