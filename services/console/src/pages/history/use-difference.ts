import { useEffect, useState } from 'preact/hooks'
import { linesOf } from '../../api/lines.ts'
import type { DiffHead } from '../../api/operations.ts'
import { type Problem, problemOf } from '../../api/problem.ts'
import { sessionEnded } from '../../api/session.ts'

/** Of more lines only their number is kept. */
export const MOST_LINES = 250_000
/** While it is read, what there is so far is shown so often. */
const SHOWN_MS = 250

export interface DiffLine {
  readonly kind: 'removed' | 'added'
  readonly text: string
}

export interface Difference {
  readonly head: DiffHead | undefined
  /** By RRset, what went before what came; not more than {@link MOST_LINES}. */
  readonly lines: readonly DiffLine[]
  readonly removed: number
  readonly added: number
  readonly isWhole: boolean
  readonly problem: Problem | undefined
}

export interface Compared {
  readonly from: string
  readonly to: string
  readonly below: string
}

const NOTHING = { head: undefined, lines: [], removed: 0, added: 0, isWhole: false, problem: undefined }

/** What is different between two moments, as it comes. Whoever looks elsewhere ends it. */
export function useDifference(zone: string, { from, to, below }: Compared): Difference & { again(): void } {
  const [state, setState] = useState<Difference>(NOTHING)
  const [round, setRound] = useState(0)
  const isOut = sessionEnded.value
  useEffect(() => {
    if (isOut) return
    const gone = new AbortController()
    setState(NOTHING)
    const query = { from, to, format: 'ndjson' as const, ...(below !== '' && { below }) }
    void read(zone, query, gone.signal, setState)
    return () => gone.abort()
  }, [zone, from, to, below, round, isOut])
  return { ...state, again: () => setRound(round + 1) }
}

async function read(
  zone: string,
  query: { from: string; to: string; format: 'ndjson'; below?: string },
  signal: AbortSignal,
  show: (difference: Difference) => void,
): Promise<void> {
  const lines: DiffLine[] = []
  const counts = { removed: 0, added: 0 }
  let head: DiffHead | undefined
  let shownAt = performance.now()
  const tell = (rest: Pick<Difference, 'isWhole' | 'problem'>) => {
    if (!signal.aborted) show({ head, lines, ...counts, ...rest })
  }
  try {
    for await (const line of linesOf('GET /v1/zones/{name}/diff', { path: { name: zone }, query, signal })) {
      if ('schema' in line) head = line
      else
        for (const kind of ['removed', 'added'] as const) {
          counts[kind] += line[kind].length
          for (const text of line[kind]) if (lines.length < MOST_LINES) lines.push({ kind, text })
        }
      if (performance.now() - shownAt < SHOWN_MS) continue
      shownAt = performance.now()
      tell({ isWhole: false, problem: undefined })
    }
    tell({ isWhole: true, problem: undefined })
  } catch (error) {
    tell({ isWhole: false, problem: problemOf(error) })
  }
}
