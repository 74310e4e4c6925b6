import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

export interface Memory {
  /** Resident memory of the largest process, in MiB. */
  readonly rss: number
  /** Of all processes together, what they share counted once, in MiB. */
  readonly all: number
}

/** What a process and its children take now. Linux only. */
export function memoryOf(pid: number): Memory {
  const processes = [pid, ...childrenOf(pid)]
  const each = (file: string, field: string) =>
    processes.map((one) => kib(`/proc/${one}/${file}`, field) / 1_024)
  return {
    rss: Math.round(Math.max(...each('status', 'VmRSS'))),
    all: Math.round(each('smaps_rollup', 'Pss').reduce((sum, one) => sum + one, 0)),
  }
}

/** The most that was resident of a process since it started, or since {@link forgetPeak}, in MiB; its children are not counted. */
export function peakOf(pid: number): number {
  return Math.round(kib(`/proc/${pid}/status`, 'VmHWM') / 1_024)
}

/** From now on {@link peakOf} is that of what comes. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function kib(file: string, field: string): number {
  try {
    return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0 // it has ended
  }
}

function childrenOf(pid: number): number[] {
  const direct = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  return direct.flatMap((child) => [child, ...childrenOf(child)])
}
