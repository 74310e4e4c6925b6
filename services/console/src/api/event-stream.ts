import { useEffect, useRef, useState } from 'preact/hooks'
import type { Event as ZoneEvent } from './operations.ts'
import { readSession } from './session.ts'

export type StreamState = 'connecting' | 'live' | 'paused'

/** Events as they come, newest first, at most so many; paused, they wait at the server. */
export function useEventStream(
  address: string,
  most: number,
  paused: boolean,
): { readonly events: readonly ZoneEvent[]; readonly state: StreamState } {
  const [events, setEvents] = useState<readonly ZoneEvent[]>([])
  const [state, setState] = useState<StreamState>('connecting')
  const last = useRef('')
  useEffect(() => {
    if (paused) return setState('paused')
    setState('connecting')
    const source = new EventSource(address)
    source.onopen = () => setState('live')
    source.onerror = () => {
      setState('connecting')
      // a session that has ended is asked for anew; EventSource does not tell
      if (source.readyState === EventSource.CLOSED) void readSession()
    }
    const take = ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as ZoneEvent
      if (event.eventId === last.current) return
      last.current = event.eventId
      setEvents((before) => [event, ...before].slice(0, most))
    }
    source.onmessage = take
    source.addEventListener('event', take)
    return () => source.close()
  }, [address, paused, most])
  return { events, state }
}
