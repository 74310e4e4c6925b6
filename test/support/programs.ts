import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { natsProgram } from '../../services/local/nats-program.ts'
import {
  ensureProgram,
  installedProgram,
  installPackages,
  systemctl,
  unpackedPrograms,
} from '../../services/local/packages.ts'
import { runCommand } from '../../services/local/run-command.ts'

/** Packages unpacked for tests by an ordinary user; shared by all runs in this working copy. */
export const PROGRAM_CACHE = fileURLToPath(new URL('../../.cache/programs', import.meta.url))

const DNS_UTILS = { apt: ['bind9-dnsutils'], apk: ['bind-tools'], dnf: ['bind-utils'], brew: ['bind'] }
const ZONE_CHECKS = { apt: ['bind9-utils'], apk: ['bind-tools'], dnf: ['bind'], brew: ['bind'] }
const NAMED = { apt: ['bind9'], apk: ['bind'], dnf: ['bind'], brew: ['bind'] }
const KNOT_UTILS = { apt: ['knot-dnsutils'], apk: ['knot-utils'], dnf: ['knot-utils'], brew: ['knot'] }
const KNOT = { apt: ['knot'], apk: ['knot'], dnf: ['knot'], brew: ['knot'] }
const NSD = { apt: ['nsd'], apk: ['nsd'], dnf: ['nsd'], brew: ['nsd'] }
const LDNS_UTILS = { apt: ['ldnsutils'], apk: ['ldns-tools'], dnf: ['ldns-utils'], brew: ['ldns'] }
const CHROMIUM = { apt: ['chromium-headless-shell'], apk: ['chromium'], dnf: ['chromium-headless'] }
const CURL = { apt: ['curl'], apk: ['curl'], dnf: ['curl'], brew: ['curl'] }
// what it needs for https is only recommended to it
const DDCLIENT = { apt: ['ddclient', 'libio-socket-ssl-perl'], dnf: ['ddclient'], brew: ['ddclient'] }
const INADYN = { apt: ['inadyn'], apk: ['inadyn'], dnf: ['inadyn'], brew: ['inadyn'] }
const DNSPYTHON = { apt: ['python3-dnspython'], apk: ['py3-dnspython'], dnf: ['python3-dns'] }

/** Everything from outside npm that the tests run, with the packages that hold it. */
const TEST_PROGRAMS = {
  'nats-server': { apt: ['nats-server'] },
  nsupdate: DNS_UTILS,
  dig: DNS_UTILS,
  'named-checkzone': ZONE_CHECKS,
  'dnssec-keygen': ZONE_CHECKS,
  'named-checkconf': ZONE_CHECKS,
  named: NAMED,
  knsupdate: KNOT_UTILS,
  kdig: KNOT_UTILS,
  knotd: KNOT,
  knotc: KNOT,
  nsd: NSD,
  'ldns-read-zone': LDNS_UTILS,
  curl: CURL,
  ddclient: DDCLIENT,
  inadyn: INADYN,
  'chromium-headless-shell': CHROMIUM,
  lego: { apt: ['lego'], apk: ['lego'], dnf: ['lego'], brew: ['lego'] },
  pebble: { apt: ['pebble'] },
} as const

export type TestProgram = keyof typeof TEST_PROGRAMS

/** Installs what is missing, saying so; returns the Python that has dnspython. Throws with the package's name. */
export async function ensureTestPrograms(say: (line: string) => void): Promise<string> {
  const options = { cacheDir: PROGRAM_CACHE, say }
  await natsProgram(options)
  const servers = ['named', 'knotd', 'nsd', 'ddclient', 'inadyn'] as const
  const missing = await Promise.all(
    servers.map(async (server) => (await installedProgram(server, PROGRAM_CACHE)) === undefined),
  )
  for (const program of Object.keys(TEST_PROGRAMS) as TestProgram[]) {
    if (program === 'nats-server') continue
    const packages = TEST_PROGRAMS[program]
    if ((await ensureProgram(program, packages, options)) === undefined)
      throw new Error(`The tests need ${program}: install the package ${packages.apt[0]}.`)
  }
  // Debian's packages start a server of their own at once; nobody asked for one
  for (const [index, unit] of ['named', 'knot', 'nsd', 'ddclient', 'inadyn'].entries())
    if (missing[index]) await systemctl('disable', '--now', unit)
  const python =
    (await pythonWithDns()) ??
    ((await installPackages(DNSPYTHON, options)) ? await pythonWithDns() : undefined)
  if (python === undefined)
    throw new Error('The tests need Python 3 with dnspython: install the package python3-dnspython.')
  return python
}

/** The PATH of this process, and at its end what the tests were given besides. */
export function testPath(): string {
  return [process.env.PATH ?? '', '/usr/sbin', '/sbin', unpackedPrograms(PROGRAM_CACHE)].join(':')
}

/** Absolute path of a program that the tests run. Throws with the way to get it. */
export function toolPath(program: TestProgram): string {
  const folders = [...testPath().split(':'), '/opt/homebrew/bin']
  const found = folders.map((folder) => join(folder, program)).find(isExecutable)
  if (found !== undefined) return found
  throw new Error(
    `${program} is missing: \`npm test\` gets it, or install the package ${TEST_PROGRAMS[program].apt[0]}`,
  )
}

/** A Python that has dnspython, as found by test/run.ts. */
export function pythonPath(): string {
  return process.env.TEST_PYTHON ?? pythonCandidates().find(isExecutable) ?? 'python3'
}

async function pythonWithDns(): Promise<string | undefined> {
  for (const candidate of ['python3', ...pythonCandidates()]) {
    const tried = await runCommand(candidate, ['-c', 'import dns.update, dns.tsigkeyring'])
    if (tried.status === 0) return candidate
  }
  return undefined
}

/** Besides the one on the PATH, which often is a private one that lacks the system's packages. */
function pythonCandidates(): string[] {
  return ['/usr/bin/python3', join(unpackedPrograms(PROGRAM_CACHE), 'python3')]
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
