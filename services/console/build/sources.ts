import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const CONSOLE = fileURLToPath(new URL('..', import.meta.url))
export const DIST = join(CONSOLE, 'dist')
/** Names the sources that the built files were made from. */
const STAMP = join(DIST, 'built-from')
const LOCK_FILE = join(CONSOLE, '../../package-lock.json')

/** A hash over everything that the built files depend on; undefined where there are no sources, as in an image. */
export function sourcesDigest(): string | undefined {
  const hash = createHash('sha256')
  const add = (name: string, file: string) => hash.update(`${name}\0`).update(readFileSync(file)).update('\0')
  try {
    add('package-lock.json', LOCK_FILE)
    for (const part of ['index.html', 'build', 'public', 'src'])
      for (const file of filesOf(join(CONSOLE, part))) add(relative(CONSOLE, file), file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return hash.digest('hex')
}

/** Whether the built files are those of these sources. */
export function isBuiltFrom(digest: string): boolean {
  try {
    return readFileSync(STAMP, 'utf8') === digest
  } catch {
    return false
  }
}

function filesOf(path: string): string[] {
  if (path.endsWith('.html')) return [path]
  const entries = readdirSync(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
