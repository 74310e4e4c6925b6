import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const atExit: (() => void)[] = []
process.once('exit', () => {
  for (const cleanUp of atExit.reverse()) cleanUp()
})

/** A folder under the system's temporary folder, removed when this process ends, however it ends. */
export function temporaryFolder(purpose: string): string {
  const folder = newFolder(purpose)
  whenWeAreGone('rm -rf "$1"', folder)
  atExit.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * A folder for a whole installation: when this process ends, however it ends, the processes that `data/supervisor.pid` and
 * `data/children.json` in it name are killed, then it is removed.
 */
export function temporaryInstallation(): string {
  const folder = newFolder('installation')
  const pids = `sed -n 's/.*"pid": *\\([0-9]*\\).*/\\1/p' "$1"/data/supervisor.pid "$1"/data/children.json`
  const kill = `for pid in $(${pids}); do kill -9 "$pid"; kill -9 -"$pid"; done`
  // data that Postgres keeps elsewhere, see services/local/postgres-home.ts
  const elsewhere =
    'case $(readlink "$1"/data/postgres) in /var/lib/zonelog/?*) rm -rf "$(readlink "$1"/data/postgres)" ;; esac'
  whenWeAreGone(`${kill}; ${elsewhere}; rm -rf "$1"`, folder)
  return folder
}

/** Kills a process and its group when this process ends, however it ends (SIGKILL too). */
export function endWithUs(pid: number): void {
  whenWeAreGone('kill -9 -"$1"', String(pid))
  atExit.push(() => {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // it had ended before
    }
  })
}

function newFolder(purpose: string): string {
  return mkdtempSync(join(tmpdir(), `zonelog-${purpose}-`))
}

/** A shell that waits for the end of its input, which the kernel brings about when this process dies. */
function whenWeAreGone(command: string, argument: string): void {
  const guard = spawn('sh', ['-c', `exec 2>/dev/null; read -r line; ${command}`, 'sh', argument], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  })
  guard.unref()
  const input = guard.stdin as unknown as { unref?(): void }
  input.unref?.()
}
