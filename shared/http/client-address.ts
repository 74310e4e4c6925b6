import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { TLSSocket } from 'node:tls'
import { plainAddress } from '../plain-address.ts'
import { addressOctets, isInRange } from '../rules/address-range.ts'

export type ProxyRange = Parameters<typeof isInRange>[1]

/** Who sent a request, as far as it can be believed. */
export interface ClientAddress {
  readonly address: string
  /** Of the connection: 0 where a proxy spoke for somebody. */
  readonly port: number
}

/** The address of the connection, unless it is a trusted proxy's: then whom that one speaks for, as far as it can be read. */
export function clientAddress(
  peer: { readonly address: string; readonly port: number },
  forwardedFor: string | undefined,
  proxies: readonly ProxyRange[],
): ClientAddress {
  const known: ClientAddress = { address: withoutZone(plainAddress(peer.address)), port: peer.port }
  if (forwardedFor === undefined || !isProxy(known.address, proxies)) return known
  const { address } = spokenFor(forwardedFor, proxies)
  return address === undefined ? known : { address, port: 0 }
}

interface SpokenFor {
  readonly address: string | undefined
  /** False where the search met something that is no address. */
  readonly isSure: boolean
}

/**
 * The rightmost entry of X-Forwarded-For that is no trusted proxy: what stands left of that one was written by the client and is worth nothing.
 * Where all are, the rightmost, which the proxy next to us wrote. An entry that is no address ends the search.
 */
function spokenFor(forwardedFor: string, proxies: readonly ProxyRange[]): SpokenFor {
  let nearest: string | undefined
  for (const entry of forwardedFor.split(',').toReversed()) {
    const address = addressIn(entry.trim())
    if (address === undefined) return { address: nearest, isSure: false }
    if (!isProxy(address, proxies)) return { address, isSure: true }
    nearest ??= address
  }
  return { address: nearest, isSure: true }
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
  return isIn(address, proxies)
}

export function isIn(address: string, ranges: readonly ProxyRange[]): boolean {
  const octets = addressOctets(address)
  return octets !== undefined && ranges.some((range) => isInRange(octets, range))
}

type Incoming = Pick<IncomingMessage, 'socket' | 'headers'>

/** The other end of the connection that a request came by. */
export function peerOf({ socket }: Pick<Incoming, 'socket'>): ClientAddress {
  const address = withoutZone(plainAddress(socket.remoteAddress ?? ''))
  return { address, port: socket.remotePort ?? 0 }
}

/** Who sent a request: see {@link clientAddress}. */
export function senderOfRequest(request: Incoming, proxies: readonly ProxyRange[]): ClientAddress {
  return clientAddress(peerOf(request), headerText(request.headers['x-forwarded-for']), proxies)
}

/** Whom a trusted proxy speaks for, all of it read; undefined where somebody else passed the request on, or it is not told in X-Forwarded-For. */
export function surelySpokenFor(request: Incoming, proxies: readonly ProxyRange[]): string | undefined {
  const forwardedFor = headerText(request.headers['x-forwarded-for'])
  if (forwardedFor === undefined || !isProxy(peerOf(request).address, proxies)) return undefined
  const { address, isSure } = spokenFor(forwardedFor, proxies)
  return isSure ? address : undefined
}

/** Whether the client spoke TLS: with us, or, as a trusted proxy says (X-Forwarded-Proto), with the proxy that is next to us. */
export function cameByTls(request: Incoming, proxies: readonly ProxyRange[]): boolean {
  if (request.socket instanceof TLSSocket) return true
  const said = headerText(request.headers['x-forwarded-proto'])?.split(',').at(-1)?.trim().toLowerCase()
  return said === 'https' && isProxy(peerOf(request).address, proxies)
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value
}
