import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { unpackDebianPackages } from './debian-packages.ts'
import { findProgram } from './find-program.ts'
import { lastLines, runCommand } from './run-command.ts'

/** What the packages that hold a program are called; a manager without an entry is not asked. */
export interface PackageNames {
  readonly apt?: readonly string[]
  readonly apk?: readonly string[]
  readonly dnf?: readonly string[]
  readonly brew?: readonly string[]
}

export interface PackageOptions {
  /** Folder for packages unpacked without root; survives between starts. */
  readonly cacheDir: string
  readonly say: (line: string) => void
}

/** Where wrappers of programs unpacked without root stand. */
export function unpackedPrograms(cacheDir: string): string {
  return join(cacheDir, 'bin')
}

/** Path of a program that is installed already, by anybody. */
export function installedProgram(program: string, cacheDir: string): Promise<string | undefined> {
  return findProgram(program, [unpackedPrograms(cacheDir)])
}

/**
 * Path of a program, installed now by whatever package manager this machine and this user have; undefined when
 * none of them could. Each attempt and each failure is said.
 */
export async function ensureProgram(
  program: string,
  packages: PackageNames,
  options: PackageOptions,
): Promise<string | undefined> {
  const present = await installedProgram(program, options.cacheDir)
  if (present !== undefined) return present
  await installPackages(packages, options)
  return installedProgram(program, options.cacheDir)
}

/** Tries each way to install in turn; true when one of them reported success. */
export async function installPackages(packages: PackageNames, options: PackageOptions): Promise<boolean> {
  for (const way of await waysToInstall(packages, options.say)) {
    options.say(`Installing ${way.names.join(', ')} with ${way.label} …`)
    if (await way.install()) return true
  }
  if (packages.apt !== undefined && (await findProgram('apt-get')) !== undefined) {
    options.say(`Unpacking ${packages.apt.join(', ')} into ${options.cacheDir} (no root needed) …`)
    return unpackDebianPackages(packages.apt, options)
  }
  return false
}

interface Way {
  readonly label: string
  readonly names: readonly string[]
  install(): Promise<boolean>
}

async function waysToInstall(packages: PackageNames, say: (line: string) => void): Promise<Way[]> {
  const prefix = await rootPrefix()
  const ways: Way[] = []
  const offer = (label: string, names: readonly string[], ...commands: string[][]) =>
    ways.push({ label, names, install: () => runAll(commands, say) })
  const has = async (manager: string) => (await findProgram(manager)) !== undefined

  if (packages.apt !== undefined && prefix !== undefined && (await has('apt-get'))) {
    const apt = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']
    const install = [...apt, 'install', '-y', '--no-install-recommends', ...packages.apt]
    offer('apt-get', packages.apt, [...apt, 'update'], install)
  }
  if (packages.apk !== undefined && prefix !== undefined && (await has('apk')))
    offer('apk', packages.apk, [...prefix, 'apk', 'add', '--no-cache', ...packages.apk])
  if (packages.dnf !== undefined && prefix !== undefined && (await has('dnf')))
    offer('dnf', packages.dnf, [...prefix, 'dnf', 'install', '-y', ...packages.dnf])
  // brew refuses root and needs none
  if (packages.brew !== undefined && prefix?.length !== 0 && (await has('brew')))
    offer('brew', packages.brew, ['brew', 'install', ...packages.brew])
  return ways
}

/** What to put before a command that needs root: nothing for root, sudo where it asks no password, else undefined. */
async function rootPrefix(): Promise<string[] | undefined> {
  if (process.getuid?.() === 0) return []
  const sudo = await runCommand('sudo', ['-n', 'true'])
  return sudo.status === 0 ? ['sudo', '-n'] : undefined
}

/** Tells systemd, where it runs and we may; anything else is no fault. */
export async function systemctl(...args: string[]): Promise<void> {
  const prefix = existsSync('/run/systemd/system') ? await rootPrefix() : undefined
  if (prefix === undefined) return
  const [file = '', ...rest] = [...prefix, 'systemctl', ...args]
  await runCommand(file, rest)
}

async function runAll(commands: readonly string[][], say: (line: string) => void): Promise<boolean> {
  for (const [file = '', ...args] of commands) {
    const result = await runCommand(file, args)
    if (result.status === 0) continue
    say(`  that did not work (${[file, ...args].join(' ')}):\n${lastLines(result)}`)
    return false
  }
  return true
}
