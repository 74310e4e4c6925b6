import { LocalFault } from './fault.ts'
import { ensureProgram, installedProgram, type PackageOptions, systemctl } from './packages.ts'
import { runCommand } from './run-command.ts'

const LEAST = [2, 9] as const

const WAYS_TO_GET = `zonelog needs nats-server ${LEAST.join('.')} or newer. Any one of these will do:
  Debian, Ubuntu   sudo apt-get install nats-server
  Fedora           sudo dnf install nats-server
  Alpine           sudo apk add nats-server
  macOS            brew install nats-server
  any system       put a release of https://github.com/nats-io/nats-server/releases on the PATH
  a server you run set ZONELOG_NATS_URL=nats://user:password@host:4222 (JetStream enabled)`

const PACKAGES = { apt: ['nats-server'], apk: ['nats-server'], dnf: ['nats-server'], brew: ['nats-server'] }

/** Path of a nats-server that is new enough, installed if need be; a {@link LocalFault} names each way to get one. */
export async function natsProgram(options: PackageOptions): Promise<string> {
  const found = (await installedProgram('nats-server', options.cacheDir)) ?? (await install(options))
  if (found === undefined)
    throw new LocalFault(`There is no nats-server here, and it could not be installed.\n${WAYS_TO_GET}`)
  const version = await natsVersion(found)
  if (version === undefined) throw new LocalFault(`${found} does not tell its version.\n${WAYS_TO_GET}`)
  const [major, minor] = version.split('.').map(Number) as [number, number]
  const newEnough = major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])
  if (!newEnough) throw new LocalFault(`${found} is version ${version}, which is too old.\n${WAYS_TO_GET}`)
  return found
}

async function install(options: PackageOptions): Promise<string | undefined> {
  const program = await ensureProgram('nats-server', PACKAGES, options)
  // the Debian package starts a server of its own at once; nobody asked for one
  await systemctl('disable', '--now', 'nats-server')
  return program
}

/** `2.9.10`, or undefined when the program does not say. */
export async function natsVersion(program: string): Promise<string | undefined> {
  const told = await runCommand(program, ['--version'], { timeoutMs: 10_000 })
  return /v?(\d+\.\d+\.\d+)/.exec(told.stdout + told.stderr)?.[1]
}
