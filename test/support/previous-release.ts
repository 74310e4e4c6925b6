import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lastLines, runCommand } from '../../services/local/run-command.ts'
import { temporaryFolder } from './temporary.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * What this release must run beside: the last commit before it. There is no release with a tag yet; whoever makes one names it here. The
 * one that is named here knew neither roles of tokens nor what a schema is compatible with.
 */
export const PREVIOUS_RELEASE = '75aefe61005940b0c9ab617d5d0624001baff132'

/** Why the release before cannot be had, for people; undefined when it can. */
export async function previousReleaseMissing(): Promise<string | undefined> {
  const found = await runCommand('git', ['cat-file', '-e', `${PREVIOUS_RELEASE}^{commit}`], { cwd: ROOT })
  if (found.status === 0) return undefined
  return `this copy of the repository does not hold the release before, ${PREVIOUS_RELEASE.slice(0, 12)}: clone it with its history (git fetch --unshallow)`
}

/** Its sources, with the packages of this release: the path of its command line. */
export async function previousRelease(): Promise<string> {
  const folder = temporaryFolder('previous')
  const archive = join(folder, 'release.tar')
  const parts = ['bin', 'cli', 'migrations', 'services', 'shared', 'package.json']
  await run('git', ['archive', '--output', archive, PREVIOUS_RELEASE, ...parts])
  const root = join(folder, 'release')
  mkdirSync(root)
  await run('tar', ['-xf', archive, '-C', root])
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  return join(root, 'cli/main.ts')
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const done = await runCommand(program, args, { cwd: ROOT, timeoutMs: 60_000 })
  assert.equal(done.status, 0, lastLines(done))
}
