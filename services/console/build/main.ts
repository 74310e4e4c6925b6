import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compressFolder } from './compress.ts'
import { viteOptions } from './options.ts'
import { DIST, isBuiltFrom, sourcesDigest } from './sources.ts'

// Builds the console into services/console/dist unless it is there already. Several may run at once: each builds into a folder of
// its own, and whoever is last finds the place taken by the same files.

const digest = sourcesDigest()
if (digest !== undefined && !isBuiltFrom(digest)) await build(digest)

async function build(digest: string): Promise<void> {
  const { build } = await import('vite')
  const [fresh, former] = [`${DIST}.new-${process.pid}`, `${DIST}.old-${process.pid}`]
  try {
    await build(viteOptions(fresh))
    compressFolder(fresh)
    writeFileSync(join(fresh, 'built-from'), digest)
    moveAway(DIST, former)
    renameSync(fresh, DIST)
  } catch (error) {
    if (!isBuiltFrom(digest)) throw error
  } finally {
    rmSync(fresh, { recursive: true, force: true })
    rmSync(former, { recursive: true, force: true })
  }
}

function moveAway(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
