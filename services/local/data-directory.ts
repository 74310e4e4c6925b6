import { chmod, mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LocalFault } from './fault.ts'
import { type Lock, takeLock } from './start-lock.ts'

/** Version of what lies where in the data directory; raised when an older zonelog could no longer use it. */
const LAYOUT = 1
const LEAST_FREE_BYTES = 200 * 1024 * 1024

/** The data directory of one running `zonelog start`. */
export interface DataDirectory {
  readonly path: string
  file(name: string): string
  /** Lets another start have it. */
  release(): Promise<void>
}

/**
 * Makes sure that the directory exists, is ours alone, can be written, has room, and was not written by a newer zonelog.
 * Throws a {@link LocalFault} that says which of these is not so, and what to do.
 */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const file = (name: string) => join(path, name)
  try {
    const isNew = (await mkdir(path, { recursive: true, mode: 0o700 })) !== undefined
    // as root, the `postgres` user passes through to its own folder; every secret in here is a file of mode 0600
    if (isNew && process.getuid?.() === 0) await chmod(path, 0o711)
    await mkdir(file('logs'), { recursive: true, mode: 0o700 })
    await writeFile(file('probe'), 'can be written\n')
    await rm(file('probe'))
  } catch (error) {
    throw new LocalFault(unusable(path, error as NodeJS.ErrnoException))
  }
  await checkRoom(path)
  const lock: Lock = await takeLock(file('supervisor.pid'), path)
  try {
    await checkLayout(file('version.json'))
  } catch (error) {
    await lock.release()
    throw error
  }
  return { path, file, release: lock.release }
}

/** One line for what the file system refused. */
export function unusable(path: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return `The disk that holds ${path} is full.`
  const hint =
    'Set ZONELOG_DATA_DIR to a directory that you may write to, or give this one to the user who starts zonelog.'
  return `The data directory ${path} cannot be used (${error.code ?? error.message}).\n${hint}`
}

async function checkRoom(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(path)
  const free = bavail * bsize
  if (free >= LEAST_FREE_BYTES) return
  const megabytes = (bytes: number) => `${Math.floor(bytes / 1024 / 1024)} MB`
  throw new LocalFault(
    `The disk that holds ${path} has ${megabytes(free)} left; zonelog starts with at least ${megabytes(LEAST_FREE_BYTES)}.\n` +
      'Make room, or set ZONELOG_DATA_DIR to a directory on another disk.',
  )
}

async function checkLayout(versionFile: string): Promise<void> {
  const text = await readFile(versionFile, 'utf8').catch(() => undefined)
  if (text === undefined) {
    await writeFile(versionFile, `${JSON.stringify({ layout: LAYOUT })}\n`)
    return
  }
  const layout = layoutIn(text)
  if (layout === LAYOUT) return
  throw new LocalFault(
    layout === undefined
      ? `${versionFile} is not readable as a version; this does not look like a data directory of zonelog.`
      : `${versionFile} says layout ${layout}, but this zonelog knows layout ${LAYOUT} only.\n` +
          'Run the zonelog that wrote it, or set ZONELOG_DATA_DIR to another directory.',
  )
}

function layoutIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { layout?: unknown }).layout
  } catch {
    return undefined
  }
}
