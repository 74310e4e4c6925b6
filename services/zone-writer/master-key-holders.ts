import type { NatsConnection } from 'nats'
import { probeMasterKeys } from '../../shared/messaging/master-key-probe.ts'
import type { Peer } from '../../shared/messaging/presence.ts'
import type { HolderOfKeys } from './admin/reseal.ts'

/** Every edge and writer that runs now, and whether it opens this check text; one that says nothing does not. */
export async function masterKeyHolders(
  nats: NatsConnection,
  peers: () => Promise<readonly Peer[]>,
  check: Uint8Array,
): Promise<HolderOfKeys[]> {
  const [known, answers] = await Promise.all([peers(), probeMasterKeys(nats, check)])
  const holders = new Map<string, HolderOfKeys>()
  for (const { role, id } of known) holders.set(`${role} ${id}`, { role, id, holdsNext: false })
  for (const { role, id, opens } of answers) holders.set(`${role} ${id}`, { role, id, holdsNext: opens })
  return [...holders.values()]
}
