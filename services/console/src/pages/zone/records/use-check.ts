import { useEffect, useState } from 'preact/hooks'
import { type Problem, problemOf } from '../../../api/problem.ts'
import { sessionEnded } from '../../../api/session.ts'

const PAUSE_MS = 300

export interface Check<T> {
  readonly checking: boolean
  readonly value?: T
  readonly problem?: Problem
}

/** Has something checked whenever it has changed and rests for a moment, and when somebody has signed in again; undefined for what need not be asked yet. */
export function useCheck<T>(key: string | undefined, check: (signal: AbortSignal) => Promise<T>): Check<T> {
  const [state, setState] = useState<Check<T> & { key?: string | undefined }>({ checking: false })
  const isSignedOut = sessionEnded.value
  useEffect(() => {
    if (key === undefined || isSignedOut) return setState({ checking: false })
    const gone = new AbortController()
    setState((before) => ({ ...before, checking: true }))
    const timer = setTimeout(() => {
      check(gone.signal)
        .then((value) => setState({ checking: false, value, key }))
        .catch((error) => {
          if (!gone.signal.aborted) setState({ checking: false, problem: problemOf(error), key })
        })
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
  }, [key, isSignedOut])
  return state
}
