import { type NatsConnection, type NatsError, RequestStrategy } from 'nats'
import { SECONDARIES_SERVICE } from './subjects.ts'

/** What every edge is asked about the secondaries of a zone: JSON both ways, since it is asked for people. */
export const SECONDARIES_VERSION = 1

/** What is known of one server that is notified of one zone's changes. Times are ms since the epoch. */
export interface SecondaryStatus {
  readonly target: string
  readonly address?: string | undefined
  /** The serial that it was told last, and the one that it acknowledged. */
  readonly told?: number | undefined
  readonly acknowledged?: number | undefined
  readonly acknowledgedAt?: number | undefined
  /** What it has, as it said itself by asking for IXFR or has been sent, and when. */
  readonly serial?: number | undefined
  readonly serialAt?: number | undefined
  /** Since when the zone has been past that. */
  readonly behindSince?: number | undefined
  /** Tries in a row that were not acknowledged, and why the last was not. */
  readonly failures: number
  readonly failure?: string | undefined
}

/** Where a client of transfers was seen last. */
export interface Sighting {
  readonly address: string
  readonly serial: number
  readonly at: number
}

/** What one edge knows. */
export interface EdgeSecondaries {
  readonly edge: string
  /** Empty unless this edge notifies them. */
  readonly secondaries: readonly SecondaryStatus[]
  readonly sightings: readonly Sighting[]
}

/** Answers {@link askForSecondaries}; returns how to stop. */
export function answerForSecondaries(
  nats: NatsConnection,
  tell: (zoneId: number) => EdgeSecondaries,
): () => void {
  const subscription = nats.subscribe(SECONDARIES_SERVICE, {
    callback: (error, message) => {
      if (error !== null) return
      const { version, zoneId } = JSON.parse(message.string()) as { version: number; zoneId: number }
      if (version === SECONDARIES_VERSION) message.respond(JSON.stringify(tell(zoneId)))
    },
  })
  return () => subscription.unsubscribe()
}

/** What all edges know; waits until none has answered for `quietMs`. */
export async function askForSecondaries(
  nats: NatsConnection,
  zoneId: number,
  quietMs = 150,
): Promise<EdgeSecondaries[]> {
  const replies: EdgeSecondaries[] = []
  const request = JSON.stringify({ version: SECONDARIES_VERSION, zoneId })
  try {
    const messages = await nats.requestMany(SECONDARIES_SERVICE, request, {
      strategy: RequestStrategy.JitterTimer,
      maxWait: 1_000,
      jitter: quietMs,
    })
    for await (const message of messages) replies.push(JSON.parse(message.string()) as EdgeSecondaries)
  } catch (error) {
    // no edge at all
    if ((error as NatsError).code !== '503') throw error
  }
  return replies
}
