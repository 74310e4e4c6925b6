import { useEffect, useRef, useState } from 'preact/hooks'
import { type Problem, problemOf } from './problem.ts'
import { session, sessionEnded } from './session.ts'

/** What has not come for so long does not come any more. */
const STUCK_MS = 60_000

export interface Resource<T> {
  /** What was loaded last; stays while it is loaded anew. */
  readonly value: T | undefined
  readonly problem: Problem | undefined
  readonly loading: boolean
  reload(): void
}

/**
 * Loads something for as long as `key` is the same; loads again when somebody has signed in, and every `everyMs` while the page is seen. What
 * takes longer than that is waited for, up to a minute: a slow line sees it late, not never.
 */
export function useResource<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  everyMs?: number,
): Resource<T> {
  const [state, setState] = useState<{ key: string; value?: T; problem?: Problem; loading: boolean }>({
    key,
    loading: true,
  })
  const [round, setRound] = useState(0)
  const latest = useRef(load)
  latest.current = load
  const loadingSince = useRef<number | undefined>(undefined)
  const who = `${session.value?.name} ${sessionEnded.value}`

  useEffect(() => {
    // loaded once somebody has signed in again
    if (sessionEnded.value) return
    const gone = new AbortController()
    loadingSince.current = performance.now()
    setState((before) => (before.key === key ? { ...before, loading: true } : { key, loading: true }))
    latest
      .current(gone.signal)
      .then((value) => {
        if (!gone.signal.aborted) setState({ key, value, loading: false })
      })
      .catch((error) => {
        if (gone.signal.aborted) return
        setState((before) => ({ ...before, problem: problemOf(error), loading: false }))
      })
      .finally(() => {
        if (!gone.signal.aborted) loadingSince.current = undefined
      })
    return () => {
      loadingSince.current = undefined
      gone.abort()
    }
  }, [key, round, who])

  useEffect(() => {
    if (everyMs === undefined) return
    const timer = setInterval(() => {
      const isSeen = document.visibilityState === 'visible' && !sessionEnded.value
      const isBusy = performance.now() - (loadingSince.current ?? Number.NEGATIVE_INFINITY) < STUCK_MS
      if (isSeen && !isBusy) setRound((before) => before + 1)
    }, everyMs)
    return () => clearInterval(timer)
  }, [everyMs])

  const isNow = state.key === key
  return {
    value: isNow ? state.value : undefined,
    problem: isNow ? state.problem : undefined,
    loading: isNow ? state.loading : true,
    reload: () => setRound((before) => before + 1),
  }
}
