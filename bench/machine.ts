import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second. */
const TICKS = 100

/** User and system time of the processes and of all that they started and that is still there, in seconds. */
export function processorSeconds(pids: readonly number[]): number {
  return familyOf(pids).reduce((sum, { ticks }) => sum + ticks, 0) / TICKS
}

/** The processes and all that they started and that is still there. */
function familyOf(pids: readonly number[]): Stat[] {
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
  return stats.filter(({ pid }) => wanted.has(pid))
}

export interface MachineTimes {
  readonly steal: number
  /** Of all processors, waiting for a disk included. */
  readonly idle: number
  readonly total: number
}

/** What the host of this virtual machine has taken away so far, what nobody used, and all time there was, in seconds. */
export function machineTimes(): MachineTimes {
  const [line] = readFileSync('/proc/stat', 'latin1').split('\n', 1)
  const ticks = line!.trim().split(/ +/).slice(1, 9).map(Number)
  const total = ticks.reduce((sum, one) => sum + one, 0)
  return { steal: ticks[7]! / TICKS, idle: (ticks[3]! + ticks[4]!) / TICKS, total: total / TICKS }
}

/** The process that started this one. */
export function parentOf(pid: number): number {
  const [stat] = statOf(pid)
  if (stat === undefined) throw new Error(`there is no process ${pid}`)
  return stat.parent
}

/** Keeps a process, with all its threads, on one processor, or on some; the first is 0. */
export function pin(pid: number, processors: number | readonly number[]): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(processors), String(pid)], {
    stdio: 'ignore',
  })
}

/** As {@link pin}, with all that the process has started. */
export function pinFamily(pid: number, processors: readonly number[]): void {
  for (const one of familyOf([pid])) pin(one.pid, processors)
}

interface Stat {
  readonly pid: number
  readonly parent: number
  readonly ticks: number
}

function statOf(pid: number): Stat[] {
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
