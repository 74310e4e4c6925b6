import { useRef } from 'preact/hooks'
import { type Resource, useResource } from './use-resource.ts'

export interface ReadPage<Row, Cursor> {
  readonly rows: readonly Row[]
  /** Where the page after this one begins; undefined on the last. */
  readonly next: Cursor | undefined
}

export interface Pages<Row> extends Resource<readonly Row[]> {
  /** Reads the page after those that are shown; undefined where there is none. */
  readonly more: (() => void) | undefined
}

interface Held<Row, Cursor> extends ReadPage<Row, Cursor> {
  readonly key: string
  readonly count: number
}

/** A list in pages, the first at once and each further one when it is asked for. Loading anew reads as many as are shown. */
export function usePages<Row, Cursor>(
  key: string,
  load: (from: Cursor | undefined, signal: AbortSignal) => Promise<ReadPage<Row, Cursor>>,
  everyMs?: number,
): Pages<Row> {
  const held = useRef<Held<Row, Cursor> | undefined>(undefined)
  const wantsMore = useRef(false)
  const resource = useResource(
    key,
    async (signal) => {
      const before = held.current?.key === key ? held.current : undefined
      const further = wantsMore.current && before !== undefined
      let { rows, next, count } = further ? before : { rows: [], next: undefined, count: 0 }
      const wanted = further ? count + 1 : (before?.count ?? 1)
      while (count < wanted && (count === 0 || next !== undefined)) {
        const page = await load(next, signal)
        rows = [...rows, ...page.rows]
        next = page.next
        count++
      }
      if (!signal.aborted) {
        held.current = { key, rows, next, count }
        wantsMore.current = false
      }
      return rows
    },
    everyMs,
  )
  const more = () => {
    wantsMore.current = true
    resource.reload()
  }
  const hasMore = resource.value !== undefined && held.current?.key === key && held.current.next !== undefined
  return { ...resource, more: hasMore ? more : undefined }
}
