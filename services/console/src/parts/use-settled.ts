import { useEffect, useState } from 'preact/hooks'

const SETTLED_MS = 250

/** What was typed, once nothing more has been typed for a moment. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLED_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}
