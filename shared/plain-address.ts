import { isIPv4 } from 'node:net'

/** `::ffff:192.0.2.1` is 192.0.2.1, so that address rules mean the same on every socket. */
export function plainAddress(address: string): string {
  if (!address.startsWith('::ffff:')) return address
  const mapped = address.slice(7)
  return isIPv4(mapped) ? mapped : address
}
