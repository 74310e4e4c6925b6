import { type NatsConnection, type NatsError, RequestStrategy } from 'nats'
import { type ClockOffset, clockOffset } from '../clock-offset.ts'
import { ourVersion } from '../version.ts'
import type { MinuteActivity } from './activity.ts'
import type { WriterState } from './writer-state.ts'

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
  /** Of a writer: what it decided in the last hour. */
  readonly activity?: readonly MinuteActivity[]
  /** Of a writer; one that is older than that does not say. */
  readonly writer?: WriterState
}

/** A peer with its clock, of which older programs say nothing. */
export interface PeerDetails extends Peer {
  readonly clock?: ClockOffset
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

/** What a writer tells. */
export interface WriterReport {
  readonly activity: readonly MinuteActivity[]
  readonly writer: WriterState
}

/** What every peer adds to that: its clock, in ms since the epoch. */
interface ToldTime {
  readonly now?: number
}

const PREFIX = 'zonelog-'
const LAG_ENDPOINT = 'lag'
// changes with what the metadata below mean, not with the program
const VERSION = '1.0.0'

/** Answers {@link findPeers} for as long as the connection stands; what is told of it is asked each time. */
export async function announce(
  nats: NatsConnection,
  { role, id, listens }: Pick<Peer, 'role' | 'id' | 'listens'>,
  tell?: () => EdgeLag | WriterReport,
): Promise<void> {
  const statsHandler = async () => ({ ...tell?.(), now: Date.now() })
  const service = await nats.services.add({
    name: PREFIX + role,
    version: VERSION,
    metadata: { id, listens, version: ourVersion() },
    statsHandler,
  })
  // what the service tells of itself belongs to an endpoint
  service.addEndpoint(LAG_ENDPOINT, {
    subject: `zonelog.${role}.${LAG_ENDPOINT}.${id}`,
    handler: (_error, request) => request.respond(JSON.stringify(tell?.() ?? null)),
  })
}

/** All that answer; waits until nobody new has answered for `quietMs`. */
export async function findPeers(nats: NatsConnection, role: Role, quietMs = 150): Promise<PeerDetails[]> {
  const client = nats.services.client({
    strategy: RequestStrategy.JitterTimer,
    maxWait: 1_000,
    jitter: quietMs,
  })
  const peers: PeerDetails[] = []
  const askedAt = Date.now()
  try {
    for await (const { metadata, endpoints } of await client.stats(PREFIX + role)) {
      const data = endpoints?.find(({ name }) => name === LAG_ENDPOINT)?.data
      const { now, ...told } = (data ?? {}) as ToldTime
      const { id = '?', listens = '', version } = metadata ?? {}
      peers.push({
        role,
        id,
        listens,
        ...(version !== undefined && { version }),
        ...toldBy(told),
        ...(now !== undefined && { clock: clockOffset(now, askedAt) }),
      })
    }
  } catch (error) {
    // nobody at all
    if ((error as NatsError).code !== '503') throw error
  }
  return peers.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** Older writers tell nothing, or a part, of {@link WriterReport}. */
function toldBy(told: object): Pick<Peer, 'lag' | 'activity' | 'writer'> {
  if ('events' in told) return { lag: told as EdgeLag }
  const { activity, writer } = told as Partial<WriterReport>
  return { ...(activity && { activity }), ...(writer && { writer }) }
}
