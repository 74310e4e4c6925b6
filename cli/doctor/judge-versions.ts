import type { PeerDetails } from '../../shared/messaging/presence.ts'
import type { Finding } from './finding.ts'

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
