import { type NatsConnection, type NatsError, RequestStrategy } from 'nats'

/** Edges and writers make themselves known as services of NATS: whoever asks hears from all that run now. */
export type Role = 'edge' | 'writer'

export interface Peer {
  readonly role: Role
  readonly id: string
  /** Where it listens, for people. */
  readonly listens: string
}

const PREFIX = 'zonelog-'
// changes with what the metadata below mean, not with the program
const VERSION = '1.0.0'

/** Answers {@link findPeers} for as long as the connection stands. */
export async function announce(nats: NatsConnection, { role, id, listens }: Peer): Promise<void> {
  await nats.services.add({ name: PREFIX + role, version: VERSION, metadata: { id, listens } })
}

/** All that answer; waits until nobody new has answered for `quietMs`. */
export async function findPeers(nats: NatsConnection, role: Role, quietMs = 150): Promise<Peer[]> {
  const client = nats.services.client({
    strategy: RequestStrategy.JitterTimer,
    maxWait: 1_000,
    jitter: quietMs,
  })
  const peers: Peer[] = []
  try {
    for await (const { metadata } of await client.ping(PREFIX + role))
      peers.push({ role, id: metadata?.id ?? '?', listens: metadata?.listens ?? '' })
  } catch (error) {
    // nobody at all
    if ((error as NatsError).code !== '503') throw error
  }
  return peers.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
