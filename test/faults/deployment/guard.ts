import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Ends the process groups that are named to it when this process ends, however it ends. One for a whole deployment: its
 * processes come and go by the hundreds, and the number of one that is gone may be another program's by then.
 */
export class Guard {
  private readonly file: string
  private readonly groups = new Set<number>()

  constructor(folder: string) {
    this.file = join(folder, 'groups')
    this.write()
    this.whenGone('for group in $(cat "$1"); do kill -9 -"$group"; done', this.file)
    process.once('exit', () => {
      for (const group of this.groups) signalGroup(group, 'SIGKILL')
    })
  }

  /** A shell's command with one argument, for when this process has ended, however it ended. */
  whenGone(command: string, argument: string): void {
    const shell = spawn('sh', ['-c', `exec 2>/dev/null; read -r line; ${command}`, 'sh', argument], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
    })
    shell.unref()
    ;(shell.stdin as unknown as { unref?(): void }).unref?.()
  }

  add(group: number): void {
    this.groups.add(group)
    this.write()
  }

  remove(group: number): void {
    this.groups.delete(group)
    this.write()
  }

  private write(): void {
    writeFileSync(this.file, [...this.groups].join('\n'))
  }
}

export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch {
    // it has ended
  }
}
