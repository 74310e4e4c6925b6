import { type NatsConnection, type NatsError, RequestStrategy } from 'nats'
import { ourVersion } from '../version.ts'

/** Edges and writers make themselves known as services of NATS: whoever asks hears from all that run now. */
export type Role = 'edge' | 'writer'

export interface Peer {
  readonly role: Role
  readonly id: string
  /** Where it listens, for people. */
  readonly listens: string
  /** Of the program; one that is older than that does not say. */
  readonly version?: string
  /** Of an edge. */
  readonly lag?: EdgeLag
}

/** How far the zones that an edge holds are behind the writers. */
export interface EdgeLag {
  /** Events known to be lacking, of all zones. */
  readonly events: number
  /** How long the oldest of them has been known, in seconds. */
  readonly seconds: number
  /** Nothing that is served was confirmed longer ago, in seconds. */
  readonly unconfirmedSeconds: number
}

const PREFIX = 'zonelog-'
const LAG_ENDPOINT = 'lag'
// changes with what the metadata below mean, not with the program
const VERSION = '1.0.0'

/** Answers {@link findPeers} for as long as the connection stands; `lag` is asked each time. */
export async function announce(
  nats: NatsConnection,
  { role, id, listens }: Omit<Peer, 'version' | 'lag'>,
  lag?: () => EdgeLag,
): Promise<void> {
  const statsHandler = async () => lag?.()
  const service = await nats.services.add({
    name: PREFIX + role,
    version: VERSION,
    metadata: { id, listens, version: ourVersion() },
    statsHandler,
  })
  // what the service tells of itself belongs to an endpoint
  service.addEndpoint(LAG_ENDPOINT, {
    subject: `zonelog.${role}.${LAG_ENDPOINT}.${id}`,
    handler: (_error, request) => request.respond(JSON.stringify(lag?.() ?? null)),
  })
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
    for await (const { metadata, endpoints } of await client.stats(PREFIX + role)) {
      const lag = endpoints?.find(({ name }) => name === LAG_ENDPOINT)?.data as EdgeLag | undefined
      const { id = '?', listens = '', version } = metadata ?? {}
      peers.push({ role, id, listens, ...(version !== undefined && { version }), ...(lag && { lag }) })
    }
  } catch (error) {
    // nobody at all
    if ((error as NatsError).code !== '503') throw error
  }
  return peers.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
