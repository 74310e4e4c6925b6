import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { type Endpoint, endpointText } from '../../shared/config/read.ts'
import type { Config } from '../../shared/config.ts'
import { MasterKeys } from '../../shared/secrets/master-keys.ts'
import { answersDns } from './ask-dns.ts'
import type { Finding } from './finding.ts'

/** Whether an edge answers at each address that it should listen on here; where none does, whether one could. */
export async function checkPorts({ dnsListen }: Config): Promise<Finding[]> {
  return await Promise.all(dnsListen.map(checkPort))
}

async function checkPort(listen: Endpoint): Promise<Finding> {
  const at = { ...listen, host: reachableHost(listen.host) }
  const area = 'ports'
  const name = endpointText(listen)
  // a datagram may be lost
  const answers = async (transport: 'udp' | 'tcp') =>
    (await answersDns(at, transport)) || (await answersDns(at, transport))
  const [udp, tcp] = await Promise.all([answers('udp'), answers('tcp')])
  if (udp && tcp) return { area, verdict: 'ok', found: `${name} answers over UDP and TCP` }
  if (udp || tcp)
    return {
      area,
      verdict: 'wrong',
      found: `${name} answers over ${udp ? 'UDP' : 'TCP'} only`,
      mend: 'DNS needs both: open the other in the firewall, or see who listens there (ss -lnp)',
    }
  const { udpListenError } = await import('../../services/local/ports.ts')
  const code = await udpListenError(listen.host, listen.port)
  if (code === 'EACCES')
    return {
      area,
      verdict: 'wrong',
      found: `${name} does not answer, and this user may not listen there`,
      mend: 'docs/install.md#port-53: CAP_NET_BIND_SERVICE, or net.ipv4.ip_unprivileged_port_start',
    }
  if (code === 'EADDRINUSE')
    return {
      area,
      verdict: 'wrong',
      found: `another program has ${name}, and does not answer`,
      mend: `see who it is: ss -lnup 'sport = :${listen.port}'; systemd-resolved has 127.0.0.53:53`,
    }
  return {
    area,
    verdict: 'skipped',
    found: `no edge listens on ${name} of this machine`,
    mend: 'if one should: zonelog edge, and ZONELOG_DNS_LISTEN',
  }
}

function reachableHost(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
}

const LEAST_FREE_SHARE = 0.05
const LITTLE_FREE_SHARE = 0.15

export async function checkDisk({ dataDir }: Config): Promise<Finding[]> {
  const area = 'disk'
  if (!existsSync(dataDir))
    return [{ area, verdict: 'skipped', found: `${dataDir} does not exist on this machine` }]
  const { bavail, blocks, bsize } = await statfs(dataDir)
  const share = bavail / blocks
  const found = `${((bavail * bsize) / 2 ** 30).toFixed(1)} GiB (${Math.floor(share * 100)} %) free at ${dataDir}`
  if (share > LITTLE_FREE_SHARE) return [{ area, verdict: 'ok', found }]
  const verdict = share < LEAST_FREE_SHARE ? 'wrong' : 'warning'
  return [
    {
      area,
      verdict,
      found,
      mend: 'make room: a full disk stops Postgres and NATS, and with them all updates',
    },
  ]
}

/** That a service on this machine could read its master key. */
export async function checkMasterKey({ masterKeys }: Config): Promise<Finding[]> {
  const { present } = masterKeys
  const area = 'master key'
  try {
    MasterKeys.read(masterKeys)
    const found =
      present.kind === 'file' ? `${present.file} is for its user's eyes only` : `it is in ${present.variable}`
    return [{ area, verdict: 'ok', found }]
  } catch (error) {
    const isMissing = present.kind === 'file' && !existsSync(present.file)
    return [
      {
        area,
        verdict: isMissing ? 'skipped' : 'wrong',
        found: (error as Error).message,
        ...(isMissing
          ? {}
          : { mend: `chmod 600 ${present.kind === 'file' ? present.file : present.variable}` }),
      },
    ]
  }
}
