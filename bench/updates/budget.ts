import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where Linux keeps control groups: of version 1, or of version 2. */
const FIRST = '/sys/fs/cgroup/cpu'
const SECOND = '/sys/fs/cgroup'
/** So short that no update waits long for its writer's next share. */
const PERIOD_US = 10_000

/**
 * Lets a process and all its threads have so many percent of one processor at most, until the function that it gives is called. So one
 * machine shows what more processors would do: as root, where the system lets it have control groups.
 */
export function limitProcessor(pid: number, percent: number): () => void {
  const isFirst = existsSync(join(FIRST, 'cpu.cfs_quota_us'))
  const root = isFirst ? FIRST : SECOND
  const group = join(root, `zonelog-bench-${pid}`)
  const quota = Math.round((percent / 100) * PERIOD_US)
  try {
    if (!isFirst && !readFileSync(join(SECOND, 'cgroup.subtree_control'), 'utf8').includes('cpu'))
      writeFileSync(join(SECOND, 'cgroup.subtree_control'), '+cpu')
    mkdirSync(group, { recursive: true })
    if (isFirst) writeFileSync(join(group, 'cpu.cfs_period_us'), String(PERIOD_US))
    if (isFirst) writeFileSync(join(group, 'cpu.cfs_quota_us'), String(quota))
    else writeFileSync(join(group, 'cpu.max'), `${quota} ${PERIOD_US}`)
    writeFileSync(join(group, 'cgroup.procs'), String(pid))
  } catch (error) {
    throw new Error(`--budget needs control groups of processor time, and root: ${String(error)}`)
  }
  return () => {
    try {
      writeFileSync(join(root, 'cgroup.procs'), String(pid))
    } catch {
      // it has ended
    }
    rmdirSync(group)
  }
}
