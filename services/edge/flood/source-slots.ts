import { randomInt } from 'node:crypto'
import { writeAddress } from '../answer/client-address.ts'

/** A power of two. Some 260 KiB for each table that is kept by these, whatever comes from however many. */
export const SLOTS = 1 << 16

const IPV6_NETWORK_OCTETS = 8
// not known outside, so that nobody can choose addresses that share a slot
const seed = randomInt(0x1_0000_0000) | 0
// calls do not nest, so one scratch serves all
const octets = new Uint8Array(16)

/** The slot of an address, of IPv6 its /64. Two that happen to have the same are taken for one. */
export function slotOf(address: string): number {
  const length = Math.min(writeAddress(address, octets), IPV6_NETWORK_OCTETS)
  let hash = seed ^ length
  for (let at = 0; at < length; at++) hash = Math.imul(hash ^ octets[at]!, 0x0100_0193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  return (hash ^ (hash >>> 13)) & (SLOTS - 1)
}
