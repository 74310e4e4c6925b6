import { useEffect, useState } from 'preact/hooks'
import { addressOf } from './client.ts'
import type { EventSummary } from './operations.ts'
import { readSession } from './session.ts'

export type StreamState = 'connecting' | 'live' | 'paused'

/** Events of all zones as they come, newest first, at most so many. Paused, none is asked for; what came meanwhile is not fetched later. */
export function useEventStream(
  most: number,
  paused: boolean,
): { readonly events: readonly EventSummary[]; readonly state: StreamState } {
  const [events, setEvents] = useState<readonly EventSummary[]>([])
  const [state, setState] = useState<StreamState>('connecting')
  useEffect(() => {
    setState(paused ? 'paused' : 'connecting')
    if (paused) return
    const source = new EventSource(addressOf('GET /v1/events/stream', {}))
    source.onopen = () => setState('live')
    source.onerror = () => {
      setState('connecting')
      // a session that has ended is asked for anew; EventSource does not tell
      if (source.readyState === EventSource.CLOSED) void readSession()
    }
    source.addEventListener('event', ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as EventSummary
      setEvents((before) =>
        before.some(({ eventId }) => eventId === event.eventId) ? before : [event, ...before].slice(0, most),
      )
    })
    return () => source.close()
  }, [paused, most])
  return { events, state }
}
