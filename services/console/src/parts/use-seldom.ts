import { useEffect, useRef } from 'preact/hooks'

/** Does something soon after it is asked for, but once in so many ms only. */
export function useSeldom(act: () => void, everyMs: number): () => void {
  const latest = useRef(act)
  latest.current = act
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const last = useRef(Number.NEGATIVE_INFINITY)
  useEffect(() => () => clearTimeout(timer.current), [])
  return () => {
    if (timer.current !== undefined) return
    const wait = Math.max(0, last.current + everyMs - performance.now())
    timer.current = setTimeout(() => {
      timer.current = undefined
      last.current = performance.now()
      latest.current()
    }, wait)
  }
}
