import { useEffect, useState } from 'preact/hooks'
import { addressOf, send } from './client.ts'
import type { EventSummary } from './operations.ts'
import { pause } from './pause.ts'
import { type Problem, problemOf } from './problem.ts'
import { whileSignedOut } from './session.ts'

export type StreamState = 'connecting' | 'live' | 'paused'

const AGAIN_MS = 1_000
const LONGEST_MS = 30_000

interface Stream {
  readonly events: readonly EventSummary[]
  readonly state: StreamState
  /** Why it is not live. */
  readonly problem: Problem | undefined
}

/** Events of all zones as they come, newest first, at most so many. Paused, none is asked for; what came meanwhile is not fetched later. */
export function useEventStream(most: number, paused: boolean): Stream {
  const [events, setEvents] = useState<readonly EventSummary[]>([])
  const [now, setNow] = useState<Omit<Stream, 'events'>>({ state: 'connecting', problem: undefined })
  useEffect(() => {
    setNow({ state: paused ? 'paused' : 'connecting', problem: undefined })
    if (paused) return
    const gone = new AbortController()
    void keepOpen(() => addressOf('GET /v1/events/stream', {}), gone.signal, {
      live: () => setNow({ state: 'live', problem: undefined }),
      lost: (problem) => setNow({ state: 'connecting', problem }),
      take: (data) => {
        const event: EventSummary = JSON.parse(data)
        setEvents((before) =>
          before.some(({ eventId }) => eventId === event.eventId)
            ? before
            : [event, ...before].slice(0, most),
        )
      },
    })
    return () => gone.abort()
  }, [paused, most])
  return { events, ...now }
}

export interface StreamListener {
  live(): void
  lost(problem: Problem | undefined): void
  take(data: string): void
}

/**
 * Reads a stream of events until `gone`; the address may be another each time it is opened. An EventSource opens again by itself after a
 * connection is lost, but never after an answer such as 503.
 */
export async function keepOpen(
  address: () => string,
  gone: AbortSignal,
  listener: StreamListener,
): Promise<void> {
  let wait = AGAIN_MS
  while (!gone.aborted) {
    const wasLive = await untilClosed(address(), gone, listener)
    if (gone.aborted) return
    listener.lost(await reasonOf(address(), gone))
    wait = wasLive ? AGAIN_MS : Math.min(LONGEST_MS, wait * 2)
    await pause(wait, gone)
    await whileSignedOut(gone)
  }
}

/** Whether it was live meanwhile. */
function untilClosed(
  address: string,
  gone: AbortSignal,
  { live, lost, take }: StreamListener,
): Promise<boolean> {
  return new Promise((resolve) => {
    let wasLive = false
    const source = new EventSource(address)
    const end = () => {
      source.close()
      gone.removeEventListener('abort', end)
      resolve(wasLive)
    }
    gone.addEventListener('abort', end)
    source.onopen = () => {
      wasLive = true
      live()
    }
    source.onerror = () => (source.readyState === EventSource.CLOSED ? end() : lost(undefined))
    source.addEventListener('event', ({ data }: MessageEvent<string>) => take(data))
  })
}

/** An EventSource does not tell why it was refused, so that is asked once more; a session that has ended is noticed by it. */
async function reasonOf(address: string, gone: AbortSignal): Promise<Problem | undefined> {
  const enough = new AbortController()
  try {
    const { signal } = enough
    await send(address, { signal: AbortSignal.any([gone, signal]) })
    return undefined
  } catch (error) {
    return gone.aborted ? undefined : problemOf(error)
  } finally {
    enough.abort()
  }
}
