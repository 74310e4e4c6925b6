import { chown } from 'node:fs/promises'
import { LocalFault } from './fault.ts'
import { runCommand } from './run-command.ts'

/** The user that Postgres runs as when we are root, since it refuses root. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

const NAME = 'postgres'

/** Undefined for an ordinary user, who runs Postgres as himself. As root: the user `postgres`, created if need be. */
export async function postgresAccount(say: (line: string) => void): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const existing = await accountNamed(NAME)
  if (existing !== undefined) return existing
  say(`Creating the system user ${NAME}, since Postgres refuses to run as root …`)
  const attempts = [
    ['useradd', '--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME],
    ['adduser', '--system', '--group', '--no-create-home', NAME],
    ['adduser', '-S', '-D', '-H', NAME], // BusyBox
  ]
  for (const [file = '', ...args] of attempts) {
    await runCommand(file, args)
    const created = await accountNamed(NAME)
    if (created !== undefined) return created
  }
  throw new LocalFault(
    `Postgres refuses to run as root, and the system user ${NAME} could not be created.\n` +
      'Start zonelog as an ordinary user, create that user, or set ZONELOG_DATABASE_URL.',
  )
}

/** True when this account (or we ourselves) may run or enter `path`, through every folder above it. */
export async function canReach(account: Account | undefined, path: string): Promise<boolean> {
  const { uid, gid } = account ?? {}
  const tested = await runCommand('test', ['-x', path], { uid, gid, cwd: '/' })
  return tested.status === 0
}

/** Hands a file or folder to the account; nothing to do for an ordinary user. */
export async function handOver(account: Account | undefined, path: string): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid)
}

async function accountNamed(name: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (what) => (await runCommand('id', [what, name])).stdout),
  )
  if (!uid?.trim() || !gid?.trim()) return undefined
  return { name, uid: Number(uid), gid: Number(gid) }
}
