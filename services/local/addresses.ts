import { type Endpoint, endpointText } from '../../shared/config/read.ts'
import type { Config, Variable } from '../../shared/config.ts'
import { LocalFault } from './fault.ts'
import { tcpListenError, udpListenError } from './ports.ts'
import { socketOwner } from './socket-owner.ts'

interface Wanted {
  readonly variable: Variable
  readonly endpoint: Endpoint
  readonly protocol: 'tcp' | 'udp'
}

/** Checks, before anything starts, that we can listen where people expect us. One {@link LocalFault} lists all faults. */
export async function checkAddresses(
  config: Pick<Config, 'dnsListen' | 'edgeHttpListen' | 'apiListen'> & {
    readonly httpUpdates?: Pick<Config['httpUpdates'], 'listen' | 'tlsListen'>
  },
): Promise<void> {
  const wanted: Wanted[] = [
    ...config.dnsListen.flatMap((endpoint): Wanted[] => [
      { variable: 'ZONELOG_DNS_LISTEN', endpoint, protocol: 'udp' },
      { variable: 'ZONELOG_DNS_LISTEN', endpoint, protocol: 'tcp' },
    ]),
    { variable: 'ZONELOG_EDGE_HTTP_LISTEN', endpoint: config.edgeHttpListen, protocol: 'tcp' },
    { variable: 'ZONELOG_API_LISTEN', endpoint: config.apiListen, protocol: 'tcp' },
    ...listed('ZONELOG_HTTP_UPDATE_LISTEN', config.httpUpdates?.listen),
    ...listed('ZONELOG_HTTPS_UPDATE_LISTEN', config.httpUpdates?.tlsListen),
  ]
  const faults = (await Promise.all(wanted.map(problemWith))).filter((fault) => fault !== undefined)
  const doubles = usedTwice(wanted)
  if (faults.length + doubles.length > 0)
    throw new LocalFault([...new Set([...faults, ...doubles])].join('\n'))
}

function listed(variable: Variable, endpoints: readonly Endpoint[] = []): Wanted[] {
  return endpoints.map((endpoint) => ({ variable, endpoint, protocol: 'tcp' }))
}

async function problemWith({ variable, endpoint, protocol }: Wanted): Promise<string | undefined> {
  const code = await (protocol === 'tcp' ? tcpListenError : udpListenError)(endpoint.host, endpoint.port)
  if (code === undefined) return undefined
  const address = endpointText(endpoint)
  const where = `${variable} ${address}`
  if (code === 'EADDRINUSE') {
    const owner = await socketOwner(protocol, endpoint.port)
    const example = endpointText({ ...endpoint, port: endpoint.port < 65_000 ? endpoint.port + 1000 : 5300 })
    return `${where} is in use (${protocol.toUpperCase()})${owner ? ` by ${owner}` : ''}: stop that, or set ${variable}=${example}`
  }
  if (code === 'EADDRNOTAVAIL') return `${where}: this machine has no such address`
  if (code === 'EACCES') return `${where}: ports below 1024 need root, or the capability CAP_NET_BIND_SERVICE`
  return `${where} cannot be listened on (${code})`
}

function usedTwice(wanted: readonly Wanted[]): string[] {
  const faults: string[] = []
  const seen = new Map<string, Variable>()
  for (const { variable, endpoint, protocol } of wanted) {
    const key = `${protocol} ${endpointText(endpoint)}`
    const first = seen.get(key)
    if (first !== undefined) faults.push(`${variable} and ${first} both name ${endpointText(endpoint)}`)
    seen.set(key, variable)
  }
  return faults
}
