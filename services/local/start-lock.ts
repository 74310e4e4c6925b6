import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { LocalFault } from './fault.ts'
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts'

export interface Lock {
  release(): Promise<void>
}

/**
 * Takes the file for this process, or throws a {@link LocalFault} that names the one that has it. The file of a process that is
 * gone, even when its number has gone to another process meanwhile, counts for nothing.
 */
export async function takeLock(file: string, what: string): Promise<Lock> {
  const self = await identify(process.pid)
  const own = `${file}.${randomUUID()}`
  await writeFile(own, JSON.stringify(self), { mode: 0o600 })
  try {
    // a link appears with its whole content or not at all, and only where nothing is
    while (!(await linked(own, file))) await removeStale(file, what)
  } finally {
    await rm(own, { force: true })
  }
  return { release: () => rm(file, { force: true }) }
}

async function linked(own: string, file: string): Promise<boolean> {
  try {
    await link(own, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function removeStale(file: string, what: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return // released this moment
  const holder = parse(text)
  if (holder !== undefined && (await isRunning(holder)))
    throw new LocalFault(
      `zonelog runs on ${what} already, as process ${holder.pid}.\n` +
        `Stop it (kill ${holder.pid}), or set ZONELOG_DATA_DIR and other addresses for a second one.`,
    )
  // renamed before it is removed: of two starts that see the same stale file, one gets it
  const aside = `${file}.${randomUUID()}`
  await rename(file, aside).catch(() => {})
  const taken = await readFile(aside, 'utf8').catch(() => text)
  if (taken !== text) await link(aside, file).catch(() => {}) // it was a new holder's: put it back
  await rm(aside, { force: true })
}

function parse(text: string): ProcessIdentity | undefined {
  try {
    const { pid, startedAt } = JSON.parse(text) as Partial<ProcessIdentity>
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : undefined
  } catch {
    return undefined
  }
}
