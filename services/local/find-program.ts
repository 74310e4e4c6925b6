import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './run-command.ts'

/** Servers live here, outside an ordinary user's PATH. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin', '/opt/homebrew/bin', '/usr/local/bin']

/** Absolute path of a program on the PATH, in a server folder or in one of `more`; undefined when there is none. */
export async function findProgram(name: string, more: readonly string[] = []): Promise<string | undefined> {
  // the shell looks along the PATH, so that only config.ts reads the environment
  const found = await runCommand('sh', ['-c', 'command -v -- "$1"', 'sh', name])
  const path = found.stdout.trim()
  if (found.status === 0 && path.startsWith('/')) return path
  for (const folder of [...more, ...SERVER_FOLDERS]) {
    const candidate = join(folder, name)
    if (await isExecutable(candidate)) return candidate
  }
  return undefined
}

export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
