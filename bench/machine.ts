import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second. */
const TICKS = 100

/** User and system time of the processes and of all that they started and that is still there, in seconds. */
export function processorSeconds(pids: readonly number[]): number {
  const stats = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => statOf(Number(entry)))
    .toSorted((a, b) => a.pid - b.pid)
  const wanted = new Set(pids)
  for (let grown = true; grown; ) {
    const before = wanted.size
    for (const { pid, parent } of stats) if (wanted.has(parent)) wanted.add(pid)
    grown = wanted.size > before
  }
  return stats.filter(({ pid }) => wanted.has(pid)).reduce((sum, { ticks }) => sum + ticks, 0) / TICKS
}

/** What the host of this virtual machine has taken away so far, and all time there was, in seconds. */
export function machineTimes(): { readonly steal: number; readonly total: number } {
  const [line] = readFileSync('/proc/stat', 'latin1').split('\n', 1)
  const ticks = line!.trim().split(/ +/).slice(1, 9).map(Number)
  return { steal: ticks[7]! / TICKS, total: ticks.reduce((sum, one) => sum + one, 0) / TICKS }
}

/** The process that started this one. */
export function parentOf(pid: number): number {
  const [stat] = statOf(pid)
  if (stat === undefined) throw new Error(`there is no process ${pid}`)
  return stat.parent
}

/** Keeps a process, with all its threads, on one processor; the first is 0. */
export function pin(pid: number, processor: number): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(processor), String(pid)], {
    stdio: 'ignore',
  })
}

function statOf(pid: number): { pid: number; parent: number; ticks: number }[] {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    // with what its ended children took
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return [{ pid, parent: Number(fields[1]), ticks }]
  } catch {
    return [] // it has ended
  }
}
