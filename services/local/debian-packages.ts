import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram } from './find-program.ts'
import type { PackageOptions } from './packages.ts'
import { type CommandResult, lastLines, runCommand } from './run-command.ts'

// Debian's script that starts chromium knows it by its absolute path only: the program itself comes last and stays
const PROGRAM_FOLDERS = ['usr/sbin', 'usr/bin', 'sbin', 'bin', 'usr/lib/chromium']

/** Who signs Debian's releases: this machine's, and the next ones. */
export const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Another one than this machine's. */
export interface DebianRelease {
  readonly name: string
  readonly mirror: string
}

/**
 * Gets Debian packages, with what they need and this machine lacks, by the machine's own apt sources and unpacks them
 * under the cache folder: no root, nothing installed. Each program gets a wrapper in `<cache>/bin` that finds its libraries.
 * Those of another `release` come without what they need.
 */
export async function unpackDebianPackages(
  names: readonly string[],
  options: PackageOptions,
  release?: DebianRelease,
): Promise<boolean> {
  const { cacheDir, say } = options
  if ((await findProgram('dpkg')) === undefined) return false
  await mkdir(cacheDir, { recursive: true })
  const work = await mkdtemp(join(cacheDir, 'unpack-'))
  try {
    const failure = await downloadAndUnpack(names, work, release)
    if (failure !== undefined) {
      say(`  that did not work:\n${lastLines(failure)}`)
      return false
    }
    const tree = join(cacheDir, `tree-${names.join('-')}`)
    await rm(tree, { recursive: true, force: true })
    await rename(join(work, 'tree'), tree)
    await writeWrappers(tree, join(cacheDir, 'bin'))
    return true
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** The step that failed, or undefined. */
async function downloadAndUnpack(
  names: readonly string[],
  work: string,
  release: DebianRelease | undefined,
): Promise<CommandResult | undefined> {
  const [state, cache, debs] = ['state', 'cache', 'debs'].map((name) => join(work, name)) as [
    string,
    string,
    string,
  ]
  const tree = join(work, 'tree')
  for (const folder of [join(state, 'lists/partial'), join(cache, 'archives/partial'), debs, tree])
    await mkdir(folder, { recursive: true })
  const sources = release === undefined ? [] : await settingsFor(release, work)
  const own = [
    ...sources,
    `Dir::State=${state}`,
    `Dir::Cache=${cache}`,
    'Dir::State::status=/var/lib/dpkg/status',
  ]
  const apt = (...args: string[]) => {
    const settings = [...own, 'Debug::NoLocking=1', 'APT::Sandbox::User=root'].flatMap((setting) => [
      '-o',
      setting,
    ])
    return runCommand('apt-get', [...settings, ...args], { cwd: debs })
  }

  const update = await apt('update')
  if (update.status !== 0) return update
  const planning = ['--simulate', 'install', '--no-install-recommends', '--reinstall', ...names]
  const plan = release === undefined ? await apt(...planning) : undefined
  if (plan !== undefined && plan.status !== 0) return plan
  const wanted =
    plan === undefined ? names.map((name) => `${name}/${release?.name}`) : plannedPackages(plan.stdout)
  const download = await apt('download', ...wanted)
  if (download.status !== 0) return download
  for (const deb of await readdir(debs)) {
    const unpack = await runCommand('dpkg', ['-x', join(debs, deb), tree])
    if (unpack.status !== 0) return unpack
  }
  return undefined
}

/** Settings of apt by which it sees nothing but that release, says what it could not reach, and does not wait for it for long. */
async function settingsFor({ mirror, name }: DebianRelease, work: string): Promise<string[]> {
  const list = join(work, 'sources.list')
  await writeFile(list, `deb [signed-by=${DEBIAN_KEYRING}] ${mirror} ${name} main\n`)
  return [
    `Dir::Etc::sourcelist=${list}`,
    'Dir::Etc::sourceparts=-',
    'APT::Update::Error-Mode=any',
    'Acquire::Retries=0',
    'Acquire::http::Timeout=15',
    'Acquire::https::Timeout=15',
  ]
}

/** `Inst NAME (VERSION …)` and `Inst NAME [OLD] (VERSION …)` of a simulated install, as NAME=VERSION. */
function plannedPackages(plan: string): string[] {
  return [...plan.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm)].map((match) => `${match[1]}=${match[2]}`)
}

async function writeWrappers(tree: string, into: string): Promise<void> {
  await mkdir(into, { recursive: true })
  const libraries = (await libraryFolders(tree)).join(':')
  const modules = join(tree, 'usr/lib/python3/dist-packages')
  const perlModules = (await perlFolders(tree)).join(':')
  const wrap = async (program: string, target: string) => {
    const lines = [
      '#!/bin/sh',
      `LD_LIBRARY_PATH=${quote(libraries)}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`,
      `PYTHONPATH=${quote(modules)}\${PYTHONPATH:+:$PYTHONPATH}`,
      `PERL5LIB=${quote(perlModules)}\${PERL5LIB:+:$PERL5LIB}`,
      'export LD_LIBRARY_PATH PYTHONPATH PERL5LIB',
      `exec ${quote(target)} "$@"`,
    ]
    await writeFile(join(into, program), `${lines.join('\n')}\n`)
    await chmod(join(into, program), 0o755)
  }
  for (const folder of PROGRAM_FOLDERS) {
    for (const program of await readdir(join(tree, folder)).catch(() => []))
      await wrap(program, join(tree, folder, program))
  }
  // Python modules are of use only to a Python that looks for them here
  const ownPython = existsSync(join(tree, 'usr/bin/python3'))
  if (existsSync(modules) && !ownPython) await wrap('python3', '/usr/bin/python3')
}

/** `lib` and its multiarch folders, wherever a shared library lies. */
async function libraryFolders(tree: string): Promise<string[]> {
  const found = new Set<string>()
  for (const root of ['usr/lib', 'lib']) {
    const entries = await readdir(join(tree, root), { recursive: true, withFileTypes: true }).catch(() => [])
    for (const entry of entries) if (/\.so(\.|$)/.test(entry.name)) found.add(entry.parentPath)
  }
  // the tree is named for its packages, which may be such of Python
  return [...found].filter((folder) => !folder.slice(tree.length).includes('python3'))
}

/** Where Debian's packages keep Perl modules, those with compiled parts in a multiarch folder. */
async function perlFolders(tree: string): Promise<string[]> {
  const below = async (folder: string) =>
    (await readdir(join(tree, folder)).catch(() => [])).map((name) => `${folder}/${name}`)
  const multiarch = await below('usr/lib')
  const roots = ['usr/share/perl', ...multiarch.flatMap((folder) => [`${folder}/perl5`, `${folder}/perl`])]
  const versioned = (await Promise.all(roots.map(below))).flat()
  return ['usr/share/perl5', ...versioned]
    .map((folder) => join(tree, folder))
    .filter((folder) => existsSync(folder))
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
