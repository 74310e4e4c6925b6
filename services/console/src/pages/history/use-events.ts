import { useEffect, useRef, useState } from 'preact/hooks'
import { addressOf, call } from '../../api/client.ts'
import { keepOpenWhileSeen } from '../../api/event-stream.ts'
import type { Event } from '../../api/operations.ts'
import { perFrame } from '../../api/per-frame.ts'
import { type Problem, problemOf } from '../../api/problem.ts'
import { findRRset } from '../../api/records.ts'
import { sessionEnded } from '../../api/session.ts'
import { isDeleted } from '../zones/deleted-zone.ts'
import { type EventFilter, eventQuery } from './event-filter.ts'
import { type EventWindow, KEPT, NO_EVENTS, withHeldShown, withNewer, withOlder } from './event-window.ts'

const PAGE = 50
/** A page may be empty and not the last: the API looks only so far at a time. */
const LOOKS = 20
/** A page that nobody saw for longer begins anew, rather than reading all that came meanwhile. */
const AWAY_MS = 5 * 60_000

export interface Events {
  readonly events: readonly Event[]
  /** Newer events that wait until they are wanted, since somebody reads further down. */
  readonly heldCount: number
  readonly problem: Problem | undefined
  readonly loading: boolean
  readonly hasMore: boolean
  /** Whether new events appear by themselves. */
  readonly isLive: boolean
  more(): void
  /** After a problem. */
  again(): void
  showHeld(): void
}

interface State extends EventWindow {
  readonly problem?: Problem | undefined
  readonly loading: boolean
  readonly isLive: boolean
}

const EMPTY: State = { ...NO_EVENTS, loading: true, isLive: false }

/** Events of a zone that match, newest first, in pages; new ones are put in front as they come, unless the filter ends in the past. */
export function useEvents(zone: string, filter: EventFilter): Events {
  const [state, setState] = useState<State>(EMPTY)
  const [round, setRound] = useState(0)
  const key = JSON.stringify([zone, filter])
  const gone = useRef(new AbortController())

  useEffect(() => {
    const ending = new AbortController()
    gone.current = ending
    setState(EMPTY)
    void loadPage(zone, filter, undefined, ending.signal, setState).then(async (page) => {
      if (page === undefined || filter.until !== undefined || isDeleted(zone)) return
      const newest = page[0]?.seq ?? (await newestBeside(zone, filter, ending.signal, setState))
      await follow(zone, filter, newest, ending.signal, setState)
    })
    return () => ending.abort()
  }, [key, round])

  const more = () => {
    if (!state.loading && state.next !== undefined)
      void loadPage(zone, filter, state.next, gone.current.signal, setState)
  }
  const again = () => (state.events.length === 0 ? setRound((before) => before + 1) : more())

  const isBack = !sessionEnded.value
  useEffect(() => {
    if (isBack && state.problem?.status === 401) again()
  }, [isBack])

  useEffect(() => {
    let hiddenAt = Number.POSITIVE_INFINITY
    const look = () => {
      if (document.visibilityState === 'hidden') hiddenAt = Date.now()
      else if (Date.now() - hiddenAt > AWAY_MS && !isReadFurtherDown()) setRound((before) => before + 1)
    }
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])

  return {
    ...state,
    problem: state.problem,
    hasMore: state.next !== undefined,
    more,
    again,
    showHeld: () => setState((now) => ({ ...now, ...withHeldShown(now) })),
  }
}

type SetState = (change: (before: State) => State) => void

/** What was found; undefined when it could not be asked. */
async function loadPage(
  zone: string,
  filter: EventFilter,
  from: number | undefined,
  signal: AbortSignal,
  setState: SetState,
): Promise<readonly Event[] | undefined> {
  setState((before) => ({ ...before, problem: undefined, loading: true }))
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
    setState((now) => {
      // meanwhile those that it follows on were put out by newer ones
      if (from !== undefined && now.next !== from) return { ...now, loading: false }
      return { ...now, ...withOlder(now, found, before), loading: false }
    })
    return found
  } catch (error) {
    if (!signal.aborted) setState((now) => ({ ...now, problem: problemOf(error), loading: false }))
    return undefined
  }
}

/** Where nothing matched: the event of the zone to follow from, so that none is missed between looking and following. */
async function newestBeside(
  zone: string,
  filter: EventFilter,
  signal: AbortSignal,
  setState: SetState,
): Promise<number | undefined> {
  const at = await findRRset(zone, zone, 'SOA').catch(() => undefined)
  if (at === undefined || signal.aborted) return undefined
  const page = await loadPage(zone, filter, undefined, signal, setState)
  return page?.[0]?.seq ?? at.seq
}

/** Adds what happens after an event, for as long as `signal` lets it. */
async function follow(
  zone: string,
  filter: EventFilter,
  newest: number | undefined,
  signal: AbortSignal,
  setState: SetState,
): Promise<void> {
  const { since: _, ...rest } = eventQuery(filter)
  const add = perFrame<Event>(signal, KEPT, (came) => {
    const isRead = isReadFurtherDown()
    setState((now) => {
      const next = withNewer(now, came)
      return { ...now, ...(isRead ? next : withHeldShown(next)), isLive: true }
    })
  })
  let after = newest
  const address = () =>
    addressOf('GET /v1/zones/{name}/events/stream', {
      path: { name: zone },
      query: after === undefined ? rest : { ...rest, after },
    })
  await keepOpenWhileSeen(address, signal, {
    live: () => setState((now) => ({ ...now, isLive: true })),
    lost: () => setState((now) => ({ ...now, isLive: false })),
    take: (data) => {
      const event: Event = JSON.parse(data)
      after = event.seq
      add(event)
    },
  })
}

/** What somebody reads must not move away. */
function isReadFurtherDown(): boolean {
  const list = document.querySelector('.events')
  return list !== null && list.getBoundingClientRect().top < 0
}
