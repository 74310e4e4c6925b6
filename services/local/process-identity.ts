import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { runCommand } from './run-command.ts'

/** A process that is told apart from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in whatever form the system tells; only ever compared. */
  readonly startedAt: string
}

/** Undefined when no such process runs (a zombie does not run). */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  const startedAt = process.platform === 'linux' ? await linuxStart(pid) : await portableStart(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

/** True while exactly this process runs. */
export async function isRunning(process: ProcessIdentity): Promise<boolean> {
  return (await identify(process.pid))?.startedAt === process.startedAt
}

/** Command line of a process, words separated by spaces; empty when it cannot be read. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform !== 'linux')
    return (await runCommand('ps', ['-o', 'args=', '-p', String(pid)])).stdout.trim()
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return text.split('\0').join(' ').trim()
}

/** Sends `signal`, waits up to `limitMs` for the end, then SIGKILL. */
export async function stopProcess(
  running: ProcessIdentity,
  signal: NodeJS.Signals,
  limitMs: number,
): Promise<void> {
  if (!(await isRunning(running))) return
  sendSignal(running.pid, signal)
  const deadline = Date.now() + limitMs
  while (await isRunning(running)) {
    if (Date.now() > deadline) {
      sendSignal(running.pid, 'SIGKILL')
      return
    }
    await delay(20)
  }
}

/** A process that has ended meanwhile is no fault. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function linuxStart(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  // the name in parentheses may itself hold spaces and parentheses
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  return `${boot.trim()}/${fields[19]}`
}

async function portableStart(pid: number): Promise<string | undefined> {
  const listed = await runCommand('ps', ['-o', 'lstart=', '-p', String(pid)])
  return listed.stdout.trim() || undefined
}
