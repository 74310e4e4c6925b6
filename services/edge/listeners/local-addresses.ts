import { isIPv6 } from 'node:net'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/** Addresses of this machine, each once. A link-local one of IPv6 has its interface with it, without which it cannot be bound. */
export function localAddresses(interfaces: Interfaces = networkInterfaces()): string[] {
  const addresses = Object.entries(interfaces).flatMap(([name, infos = []]) =>
    infos.map((info) => withZone(info, name)),
  )
  return [...new Set(addresses)]
}

/** RFC 4007 §11; Windows knows interfaces by number. */
function withZone(info: NetworkInterfaceInfo, interfaceName: string): string {
  if (info.family !== 'IPv6' || !isLinkLocal(info.address)) return info.address
  return `${info.address}%${process.platform === 'win32' ? info.scopeid : interfaceName}`
}

/** fe80::/10. */
function isLinkLocal(address: string): boolean {
  return isIPv6(address) && /^fe[89ab]/i.test(address)
}
