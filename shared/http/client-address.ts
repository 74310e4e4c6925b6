import { isIP } from 'node:net'
import { addressOctets, isInRange } from '../../../../shared/rules/address-range.ts'
import { plainAddress } from '../../listeners/listener.ts'

export type ProxyRange = Parameters<typeof isInRange>[1]

/** Who sent a request, as far as it can be believed. */
export interface ClientAddress {
  readonly address: string
  /** Of the connection: 0 where a proxy spoke for somebody. */
  readonly port: number
}

/**
 * The address of the connection, unless it is a trusted proxy's: then the rightmost entry of X-Forwarded-For that is none. What stands left of
 * that one was written by the client and is worth nothing. An entry that is no address ends the search at the proxy before it.
 */
export function clientAddress(
  peer: { readonly address: string; readonly port: number },
  forwardedFor: string | undefined,
  proxies: readonly ProxyRange[],
): ClientAddress {
  let known: ClientAddress = { address: withoutZone(plainAddress(peer.address)), port: peer.port }
  if (forwardedFor === undefined || !isProxy(known.address, proxies)) return known
  for (const entry of forwardedFor.split(',').toReversed()) {
    const address = addressIn(entry.trim())
    if (address === undefined) return known
    known = { address, port: 0 }
    if (!isProxy(address, proxies)) return known
  }
  return known
}

/** With or without a port, IPv6 with or without brackets. */
function addressIn(entry: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry
  return isIP(bare) === 0 ? undefined : withoutZone(plainAddress(bare.toLowerCase()))
}

/** Link-local addresses come with their interface. */
function withoutZone(address: string): string {
  return address.split('%')[0]!
}

export function isProxy(address: string, proxies: readonly ProxyRange[]): boolean {
  const octets = addressOctets(address)
  return octets !== undefined && proxies.some((range) => isInRange(octets, range))
}
