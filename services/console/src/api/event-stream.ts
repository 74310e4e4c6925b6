import { useEffect, useState } from 'preact/hooks'
import { addressOf, send } from './client.ts'
import type { EventSummary } from './operations.ts'
import { pause } from './pause.ts'
import { perFrame } from './per-frame.ts'
import { type Problem, problemOf } from './problem.ts'
import { hidden, seen } from './seen.ts'
import { whileSignedOut } from './session.ts'

export type StreamState = 'connecting' | 'live' | 'paused'

const AGAIN_MS = 1_000
const LONGEST_MS = 30_000
/** Of a connection that was lost for longer what came meanwhile is not fetched. */
const RESUMED_MS = 5 * 60_000

interface Stream {
  readonly events: readonly EventSummary[]
  readonly state: StreamState
  /** Why it is not live. */
  readonly problem: Problem | undefined
}

/**
 * Events of all zones as they come, newest first, at most so many. What comes while the page is hidden or the connection is lost is fetched when
 * it is back; after a long time the list begins anew instead. Paused, none is asked for, and what came meanwhile is not fetched later.
 */
export function useEventStream(most: number, paused: boolean): Stream {
  const [events, setEvents] = useState<readonly EventSummary[]>([])
  const [now, setNow] = useState<Omit<Stream, 'events'>>({ state: 'connecting', problem: undefined })
  useEffect(() => {
    setNow({ state: paused ? 'paused' : 'connecting', problem: undefined })
    if (paused) return
    const gone = new AbortController()
    const add = perFrame<EventSummary>(gone.signal, most, (came) =>
      setEvents((before) => withNewest(before, came, most)),
    )
    const place = new Place(() => setEvents([]))
    void keepOpenWhileSeen(() => addressOf('GET /v1/events/stream', place.asked()), gone.signal, {
      live: () => {
        place.live()
        setNow({ state: 'live', problem: undefined })
      },
      lost: (problem) => {
        place.lost()
        setNow({ state: 'connecting', problem })
      },
      take: (data, id) => {
        place.at(id)
        add(JSON.parse(data) as EventSummary)
      },
    })
    return () => gone.abort()
  }, [paused, most])
  return { events, ...now }
}

function withNewest(
  before: readonly EventSummary[],
  came: readonly EventSummary[],
  most: number,
): readonly EventSummary[] {
  const known = new Set(before.map(({ eventId }) => eventId))
  const newer: EventSummary[] = []
  for (const event of came) {
    // one may come twice
    if (known.has(event.eventId)) continue
    known.add(event.eventId)
    newer.unshift(event)
  }
  return [...newer, ...before].slice(0, most)
}

/** How far the stream of all events was read, to go on from there. */
class Place {
  private after: number | undefined
  private lostAt: number | undefined
  private readonly restart: () => void

  /** `restart`: those that are shown are followed by others than the next. */
  constructor(restart: () => void) {
    this.restart = restart
  }

  at(id: string): void {
    if (/^\d+$/.test(id)) this.after = Number(id)
  }

  live(): void {
    this.lostAt = undefined
  }

  lost(): void {
    this.lostAt ??= Date.now()
  }

  asked(): { query: { after?: number } } {
    if (this.lostAt !== undefined && Date.now() - this.lostAt > RESUMED_MS) {
      this.after = undefined
      this.restart()
    }
    return { query: this.after === undefined ? {} : { after: this.after } }
  }
}

export interface StreamListener {
  live(): void
  lost(problem: Problem | undefined): void
  /** `id` says where to go on after it. */
  take(data: string, id: string): void
}

/**
 * As {@link keepOpen}, but closed while the page is hidden: browsers open no more than six connections to a server, and a window that nobody
 * looks at must not keep the others waiting.
 */
export async function keepOpenWhileSeen(
  address: () => string,
  gone: AbortSignal,
  listener: StreamListener,
): Promise<void> {
  while (!gone.aborted) {
    await seen(gone)
    await keepOpen(address, AbortSignal.any([gone, hidden(gone)]), listener)
    if (!gone.aborted) listener.lost(undefined)
  }
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
    listener.lost(undefined)
    const reason = await reasonOf(address(), gone)
    if (gone.aborted) return
    if (reason !== undefined) listener.lost(reason)
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
    if (gone.aborted) return resolve(false)
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
    source.addEventListener('event', ({ data, lastEventId }: MessageEvent<string>) => take(data, lastEventId))
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
