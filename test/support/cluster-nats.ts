import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEBIAN_KEYRING, unpackDebianPackages } from '../../services/local/debian-packages.ts'
import { natsVersion } from '../../services/local/nats-program.ts'
import { unpackedPrograms } from '../../services/local/packages.ts'
import { runCommand } from '../../services/local/run-command.ts'
import { isFitForClusters } from '../../shared/messaging/nats-version.ts'
import { toolPath } from './programs.ts'

const CACHE = fileURLToPath(new URL('../../.cache/cluster-nats', import.meta.url))
/** Debian 13 has 2.10.27, which runs on Debian 12 as it is. */
const RELEASE = 'trixie'

/** Where tests of clusters find a nats-server. */
export interface Places {
  readonly own: string
  readonly cacheDir: string
}

export interface ClusterNats {
  readonly program: string
  readonly version: string
  /** What a cluster of it loses is a fault of what is tested. */
  readonly isFit: boolean
}

/** Where this machine's nats-server is too old for clusters, a newer one is unpacked beside it, for them alone. Never rejects: tests go on with what there is. */
export async function ensureClusterNats(
  say: (line: string) => void,
  places: Places = placesHere(),
): Promise<void> {
  if ((await clusterNats(places)).isFit) return
  say(`Unpacking nats-server of Debian ${RELEASE} into ${places.cacheDir}, for tests of clusters …`)
  try {
    await unpackNewer(say, places)
  } catch (error) {
    say(`  that did not work:\n${String(error)}`)
  }
  const { version, isFit } = await clusterNats(places)
  if (!isFit)
    say(
      `  nats-server ${version} is too old for clusters, and may lose updates in them: the fault run of the tests has a single one, others leave the faults of NATS out.`,
    )
}

/** What the servers of a cluster run: this machine's nats-server, or a newer one that was got for them and works. */
export async function clusterNats({ own, cacheDir }: Places = placesHere()): Promise<ClusterNats> {
  const ours = await told(own)
  const newer = join(unpackedPrograms(cacheDir), 'nats-server')
  if (ours.isFit || !existsSync(newer)) return ours
  const got = await told(newer)
  return got.isFit ? got : ours
}

function placesHere(): Places {
  return { own: toolPath('nats-server'), cacheDir: CACHE }
}

async function told(program: string): Promise<ClusterNats> {
  const version = (await natsVersion(program)) ?? 'of an unknown version'
  return { program, version, isFit: isFitForClusters(version) }
}

async function unpackNewer(say: (line: string) => void, { cacheDir }: Places): Promise<void> {
  const mirrors = existsSync(DEBIAN_KEYRING) ? await debianMirrors() : []
  if (mirrors.length === 0) say('  this machine has no apt sources of Debian.')
  for (const mirror of mirrors)
    if (await unpackDebianPackages(['nats-server'], { cacheDir, say }, { name: RELEASE, mirror })) return
}

/** Those of this machine's apt sources that have its own release, and so may be mirrors of Debian: what they have is believed if Debian signed it. */
async function debianMirrors(): Promise<string[]> {
  const release = await runCommand('sh', ['-c', '. /etc/os-release && printf %s "$VERSION_CODENAME"'])
  // with empty lists it names what an update would fetch
  const options = ['-o', 'Debug::NoLocking=1', '-o', 'Dir::State::lists=/nonexistent']
  const { stdout } = await runCommand('apt-get', [...options, 'update', '--print-uris'])
  const found = [...stdout.matchAll(/^'(\S+)\/dists\/([^/]+)\/InRelease'/gm)]
  return [...new Set(found.filter(([, , name]) => name === release.stdout).map(([, uri]) => `${uri}/`))]
}
