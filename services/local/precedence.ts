import { readdirSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * Has a process that leads a session of its own go before others where processors are full: `nice` from -20 to 19, each step a
 * quarter more than the next. It is a weight and no order: -10 is nine times what a process by itself has, so the others go on. Set twice,
 * as the system shares out by one or the other: for the session among those of the machine (Linux's autogroups), and for its threads among those of
 * one cgroup, such as a unit of systemd or a container. False where the system allows neither: only root, or who has CAP_SYS_NICE, may.
 */
export function precede(pid: number, nice: number): boolean {
  const isSessionSet = succeeds(() => writeFileSync(`/proc/${pid}/autogroup`, String(nice)))
  // the main thread first: what it starts from now on inherits it
  const isMainThreadSet = succeeds(() => setPriority(pid, nice))
  if (isMainThreadSet) for (const thread of threadsOf(pid)) succeeds(() => setPriority(thread, nice))
  return isSessionSet || isMainThreadSet
}

/** Linux gives each thread a nice of its own; elsewhere it is the process's. */
function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return []
  }
}

function succeeds(step: () => void): boolean {
  try {
    step()
    return true
  } catch {
    return false
  }
}
