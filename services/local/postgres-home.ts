import { randomBytes } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { chmod, lstat, mkdir, rmdir, symlink, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Account, canReach, handOver } from './postgres-account.ts'
import { binariesWithin, type PostgresBinaries } from './postgres-binaries.ts'

/** Where things go that the `postgres` user cannot reach in root's home. */
export const REACHABLE_FOLDER = '/var/lib/zonelog'

/** Binaries that the account can run, and a folder that it owns and can enter. */
export interface PostgresPlace {
  readonly binaries: PostgresBinaries
  /** Real path, without symbolic links. */
  readonly home: string
}

/**
 * Makes `home` usable by the account. Where it lies behind a folder closed to the account, the data goes to a folder of
 * its own under /var/lib/zonelog and `home` becomes a link to it: remove the link, and the next start is a fresh one.
 */
export async function postgresPlace(
  home: string,
  binaries: PostgresBinaries,
  account: Account | undefined,
  say: (line: string) => void,
): Promise<PostgresPlace> {
  const reachable = (await canReach(account, join(binaries.root, 'bin/postgres')))
    ? binaries
    : await binariesWithin(REACHABLE_FOLDER, binaries)
  await removeDanglingLink(home)
  if (!existsSync(home)) {
    await makeHome(home, account)
    if (!(await canReach(account, home))) {
      await rmdir(home)
      const elsewhere = join(REACHABLE_FOLDER, randomBytes(6).toString('hex'))
      await mkdir(REACHABLE_FOLDER, { recursive: true, mode: 0o755 })
      await makeHome(elsewhere, account)
      await symlink(elsewhere, home)
      say(`The user ${account?.name} cannot enter ${home}, so Postgres keeps its data in ${elsewhere}.`)
    }
  }
  return { binaries: reachable, home: realpathSync(home) }
}

async function makeHome(folder: string, account: Account | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  await handOver(account, folder)
}

async function removeDanglingLink(path: string): Promise<void> {
  const entry = await lstat(path).catch(() => undefined)
  if (entry?.isSymbolicLink() && !existsSync(path)) await unlink(path)
}
