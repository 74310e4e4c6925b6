import { readFileSync } from 'node:fs'

const CAP_SYS_NICE = 23n

/** Why this process cannot let another session go first, as a reason to skip a test; false where it can. */
export function whyNoPrecedence(): string | false {
  if (autogroupOf(process.pid) === undefined) return 'this system has no autogroups'
  return mayRaisePriority() ? false : 'only root, or who has CAP_SYS_NICE, may'
}

/** Linux only. */
export function mayRaisePriority(): boolean {
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
  return ((BigInt(`0x${capabilities}`) >> CAP_SYS_NICE) & 1n) === 1n
}

/** Of the session that the process is in: `name` and `nice`; undefined where there are none. */
export function autogroupOf(pid: number): { name: string; nice: number } | undefined {
  try {
    const [name, , nice] = readFileSync(`/proc/${pid}/autogroup`, 'latin1').trim().split(' ')
    return { name: name!, nice: Number(nice) }
  } catch {
    return undefined
  }
}
