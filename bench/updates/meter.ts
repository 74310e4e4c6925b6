import { processorSeconds } from '../machine.ts'
import { forgetPeak, peakOf } from '../memory.ts'
import type { MeasuredProcess } from './report.ts'

/** The most that was resident of each process before it was forgotten, in MiB. */
const earlier = new Map<number, number>()

/** What processes take from now on. */
export class Meter {
  private readonly processes: readonly {
    readonly part: string
    readonly pid: number
    readonly before: number
  }[]

  constructor(parts: ReadonlyMap<string, readonly number[]>) {
    const all = [...parts].flatMap(([part, pids]) => pids.map((pid) => ({ part, pid })))
    for (const { pid } of all) {
      earlier.set(pid, sinceStart(pid))
      forgetPeak(pid)
    }
    this.processes = all.map((one) => ({ ...one, before: processorSeconds([one.pid]) }))
  }

  /** For each of so many updates. */
  read(updates: number): MeasuredProcess[] {
    return this.processes.map(({ part, pid, before }) => ({
      part,
      microseconds: ((processorSeconds([pid]) - before) * 1e6) / updates,
      peakMib: peakOf(pid),
      peakSinceStartMib: sinceStart(pid),
    }))
  }
}

/** Processor time an update of each part, in µs. */
export function byPart(processes: readonly MeasuredProcess[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { part, microseconds } of processes) sums[part] = (sums[part] ?? 0) + microseconds
  return sums
}

function sinceStart(pid: number): number {
  return Math.max(earlier.get(pid) ?? 0, peakOf(pid))
}
