import { isIPv4 } from 'node:net'
import type { Endpoint } from '../../../shared/config/read.ts'
import { bindAll, ipv6Only, isWildcard } from './listener.ts'
import { bindUdpSocket, closeSocket } from './udp-socket.ts'

/**
 * The endpoints, wildcard ones with the port that the system chose where 0 was asked for. Sockets that share a port do not notice that
 * another process has it, so each wildcard address is bound alone for a moment. Rejects when one cannot be.
 */
export async function findPorts(endpoints: readonly Endpoint[]): Promise<Endpoint[]> {
  const wildcards = endpoints.filter(isWildcard)
  const alone = await bindAll('UDP', wildcards, (endpoint) =>
    bindUdpSocket(endpoint, { ipv6Only: ipv6Only(endpoint, endpoints), shared: false }),
  )
  const ports = new Map(wildcards.map((endpoint, index) => [endpoint, alone[index]!.address().port]))
  await Promise.all(alone.map(closeSocket))
  return endpoints.map((endpoint) => ({ ...endpoint, port: ports.get(endpoint) ?? endpoint.port }))
}

/** Whether this wildcard endpoint is what takes datagrams to the address: it covers it, and no endpoint is at the address itself. */
export function standsFor(wildcard: Endpoint, host: string, all: readonly Endpoint[]): boolean {
  if (all.some((other) => other.host === host && other.port === wildcard.port)) return false
  if (wildcard.host === '0.0.0.0') return isIPv4(host)
  return !isIPv4(host) || !ipv6Only(wildcard, all)
}
