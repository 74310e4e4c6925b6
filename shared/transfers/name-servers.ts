import { canonicalName, type Name, readPlainName } from '../dns/name.ts'
import { readSoa } from '../dns/soa.ts'

/** RFC 1996 §3.3: the hosts of a zone's NS records but for the primary itself, the MNAME of the SOA. */
export function serversBesidesPrimary(soa: Uint8Array, nameServers: readonly Uint8Array[]): Set<Name> {
  const hosts = new Set<Name>()
  for (const rdata of nameServers) {
    const host = readPlainName(rdata, 0)
    if (host.ok) hosts.add(canonicalName(host.value.name))
  }
  const read = readSoa(soa)
  if (read.ok) hosts.delete(canonicalName(read.value.mname))
  return hosts
}
