import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unpackDebianPackages } from '../../services/local/debian-packages.ts'
import { natsVersion } from '../../services/local/nats-program.ts'
import { unpackedPrograms } from '../../services/local/packages.ts'
import { isFitForClusters } from '../../shared/messaging/nats-version.ts'
import { toolPath } from './programs.ts'

const CACHE = fileURLToPath(new URL('../../.cache/cluster-nats', import.meta.url))
/** Debian 13 has 2.10.27, which runs on Debian 12 as it is. */
const RELEASE = 'trixie'

export interface ClusterNats {
  readonly program: string
  readonly version: string
  /** A cluster of it keeps what it has stored. */
  readonly isFit: boolean
}

/**
 * Where this machine's nats-server is too old for clusters, a newer one is unpacked beside it, for the tests of clusters alone: what an old one loses is no
 * fault of what is tested.
 */
export async function ensureClusterNats(say: (line: string) => void): Promise<void> {
  if ((await clusterNats()).isFit) return
  say(`Unpacking nats-server of Debian ${RELEASE} into ${CACHE}, for the tests of clusters …`)
  if (!(await unpackDebianPackages(['nats-server'], { cacheDir: CACHE, say }, RELEASE)))
    say('  The tests of clusters have what this machine has, and NATS fails in none of them.')
}

/** What the servers of a cluster run: this machine's nats-server, or a newer one that was got for them. */
export async function clusterNats(): Promise<ClusterNats> {
  const own = await told(toolPath('nats-server'))
  const newer = join(unpackedPrograms(CACHE), 'nats-server')
  return own.isFit || !existsSync(newer) ? own : await told(newer)
}

async function told(program: string): Promise<ClusterNats> {
  const version = (await natsVersion(program)) ?? 'unknown'
  return { program, version, isFit: isFitForClusters(version) }
}
