import { useEffect, useRef, useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import { linesOf } from '../../api/lines.ts'
import type { Event } from '../../api/operations.ts'
import { type Problem, problemOf } from '../../api/problem.ts'
import { type EventFilter, eventQuery } from './event-filter.ts'

const PAGE = 50
/** Before a stream that ended is asked for again. */
const AGAIN_MS = 3_000
/** A page may be empty and not the last: the API looks only so far at a time. */
const LOOKS = 20

export interface Events {
  readonly events: readonly Event[]
  readonly problem: Problem | undefined
  readonly loading: boolean
  readonly hasMore: boolean
  /** Whether new events appear by themselves. */
  readonly isLive: boolean
  more(): void
}

interface State {
  readonly events: readonly Event[]
  readonly next?: number | undefined
  readonly problem?: Problem
  readonly loading: boolean
  readonly isLive: boolean
}

const EMPTY: State = { events: [], loading: true, isLive: false }

/** Events of a zone that match, newest first, in pages; new ones are put in front as they come, unless the filter ends in the past. */
export function useEvents(zone: string, filter: EventFilter): Events {
  const [state, setState] = useState<State>(EMPTY)
  const key = JSON.stringify([zone, filter])
  const gone = useRef(new AbortController())

  useEffect(() => {
    const ending = new AbortController()
    gone.current = ending
    setState(EMPTY)
    void loadPage(zone, filter, undefined, ending.signal, setState).then(async () => {
      if (filter.until === undefined) await follow(zone, filter, ending.signal, setState)
    })
    return () => ending.abort()
  }, [key])

  return {
    ...state,
    problem: state.problem,
    hasMore: state.next !== undefined,
    more: () => {
      if (!state.loading && state.next !== undefined)
        void loadPage(zone, filter, state.next, gone.current.signal, setState)
    },
  }
}

type SetState = (change: (before: State) => State) => void

async function loadPage(
  zone: string,
  filter: EventFilter,
  from: number | undefined,
  signal: AbortSignal,
  setState: SetState,
): Promise<void> {
  setState((before) => ({ events: before.events, next: before.next, loading: true, isLive: before.isLive }))
  try {
    let before = from
    const found: Event[] = []
    for (let look = 0; look < LOOKS; look++) {
      const page = await call('GET /v1/zones/{name}/events', {
        path: { name: zone },
        query: { ...eventQuery(filter), limit: PAGE, ...(before === undefined ? {} : { before }) },
        signal,
      })
      found.push(...page.events)
      before = page.next
      if (found.length > 0 || before === undefined) break
    }
    setState((now) => ({ ...now, events: joined(now.events, found), next: before, loading: false }))
  } catch (error) {
    if (!signal.aborted) setState((now) => ({ ...now, problem: problemOf(error), loading: false }))
  }
}

async function follow(
  zone: string,
  filter: EventFilter,
  signal: AbortSignal,
  setState: SetState,
): Promise<void> {
  const { since: _, ...rest } = eventQuery(filter)
  let after = -1
  setState((now) => {
    after = now.events[0]?.seq ?? -1
    return { ...now, isLive: true }
  })
  while (!signal.aborted) {
    try {
      const query = after === -1 ? rest : { ...rest, after }
      for await (const event of linesOf('GET /v1/zones/{name}/events/follow', {
        path: { name: zone },
        query,
        signal,
      })) {
        after = event.seq
        setState((now) => ({ ...now, isLive: true, events: joined([event], now.events) }))
      }
    } catch {
      if (signal.aborted) return
      setState((now) => ({ ...now, isLive: false }))
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** Newest first, each once. */
function joined(some: readonly Event[], others: readonly Event[]): Event[] {
  const bySeq = new Map([...some, ...others].map((event) => [event.seq, event]))
  return [...bySeq.values()].sort((one, other) => other.seq - one.seq)
}
