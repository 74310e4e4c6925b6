import { useEffect, useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import { type Problem, problemOf } from '../../api/problem.ts'
import { sessionEnded } from '../../api/session.ts'

/** While somebody types nothing is asked for. */
const SETTLED_MS = 400

/** What is wrong with a list of rules as it stands: it is tried on no event at all; once more when somebody has signed in again. */
export function useLiveCheck(
  zone: string,
  texts: readonly string[],
  isChanged: boolean,
): Problem | undefined {
  const [fault, setFault] = useState<Problem>()
  const key = JSON.stringify(texts)
  const isSignedOut = sessionEnded.value
  useEffect(() => {
    if (!isChanged) return setFault(undefined)
    const gone = new AbortController()
    const settled = setTimeout(async () => {
      try {
        const body = { rules: [...texts], since: 'now' }
        await call('POST /v1/zones/{name}/rules/try', { path: { name: zone }, body, signal: gone.signal })
        setFault(undefined)
      } catch (error) {
        if (!gone.signal.aborted) setFault(problemOf(error))
      }
    }, SETTLED_MS)
    return () => {
      clearTimeout(settled)
      gone.abort()
    }
  }, [key, isChanged, isSignedOut])
  return fault
}
