import type { PeerDetails } from '../../shared/messaging/presence.ts'
import type { Finding } from './finding.ts'

/** A command's deadline is set by one clock and judged by another; edges and writers are expected to agree within a second or so. */
const MOST_APART_MS = 1_000
/** Signatures by TSIG are off by 300 s at most for most clients. */
const NO_SIGNATURE_HOLDS_MS = 60_000

export interface Clock {
  readonly of: string
  /** How far it is ahead of this machine's, in ms. */
  readonly aheadMs: number
}

export function clocksOf(peers: readonly PeerDetails[]): Clock[] {
  return peers.flatMap(({ role, id, clockMs }) =>
    clockMs === undefined ? [] : [{ of: `${role} ${id}`, aheadMs: clockMs }],
  )
}

/** Compares all clocks with each other, this machine's among them. */
export function judgeClocks(others: readonly Clock[]): Finding[] {
  const area = 'clock'
  if (others.length === 0)
    return [{ area, verdict: 'skipped', found: 'no other clock could be asked to compare with' }]
  const clocks = [{ of: 'this machine', aheadMs: 0 }, ...others].toSorted((a, b) => a.aheadMs - b.aheadMs)
  const [slowest, fastest] = [clocks[0]!, clocks.at(-1)!]
  const apart = fastest.aheadMs - slowest.aheadMs
  if (apart <= MOST_APART_MS)
    return [{ area, verdict: 'ok', found: `${clocks.length} clocks agree within ${Math.ceil(apart)} ms` }]
  return [
    {
      area,
      verdict: apart > NO_SIGNATURE_HOLDS_MS ? 'wrong' : 'warning',
      found: `${fastest.of} is ${(apart / 1_000).toFixed(1)} s ahead of ${slowest.of}`,
      mend: 'set the clocks by NTP (chronyd or systemd-timesyncd) on every machine: deadlines of updates and signatures go by them',
    },
  ]
}

/** New and old beside each other are for the time of an upgrade. */
export function judgeVersions(peers: readonly PeerDetails[], own: string): Finding[] {
  const area = 'versions'
  if (peers.length === 0) return [{ area, verdict: 'skipped', found: 'no edge or writer answers on NATS' }]
  const versions = Map.groupBy(peers, ({ version }) => version ?? 'unknown (older)')
  const [first, ...more] = [...versions.keys()]
  if (more.length === 0 && first === own)
    return [{ area, verdict: 'ok', found: `all ${peers.length} edges and writers run ${own}` }]
  const found = [...versions]
    .map(([version, some]) => `${version}: ${some.map(({ id }) => id).join(', ')}`)
    .join('; ')
  return [
    {
      area,
      verdict: 'warning',
      found: `this command is ${own}, running are ${found}`,
      mend: 'finish the upgrade (docs/upgrading.md), or use the command line of the release that runs',
    },
  ]
}
