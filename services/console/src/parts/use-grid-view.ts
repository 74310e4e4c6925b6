import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { CursorPages, Move } from './cursor-pages.ts'
import { type KeyboardKept, useKeyboardKept } from './use-keyboard-kept.ts'
import { type Extent, rowsTopAt, rowsTopToSee, scrollTopFor } from './virtual-scroll.ts'

interface View {
  /** The pixel of rows that is the first in sight. */
  readonly rowsTop: number
  readonly active: number
}

export interface GridView extends KeyboardKept {
  readonly box: RefObject<HTMLDivElement | null>
  readonly head: RefObject<HTMLDivElement | null>
  readonly extent: Extent
  readonly rowsTop: number
  readonly active: number
  setActive(index: number): void
  /** Makes a row the active one, and scrolls to it. */
  moveTo(index: number): void
  /** Where a row stands in what is scrolled, in pixels. */
  offsetOf(index: number): number
  onScroll(): void
}

/** Which rows are looked at, and which is the active one: both go with their rows when others come or go around them. */
export function useGridView<Row>(pages: CursorPages<Row>, rowHeight: number): GridView {
  const box = useRef<HTMLDivElement>(null)
  const head = useRef<HTMLDivElement>(null)
  const [room, setRoom] = useState(600)
  const [view, setView] = useState<View>({ rowsTop: 0, active: 0 })
  const { count } = pages
  const extent = { count, rowHeight, room }
  const active = Math.max(0, Math.min(view.active, count - 1))
  const scrollTop = scrollTopFor(extent, view.rowsTop)
  const rowsTop = Math.max(0, Math.min(view.rowsTop, count * rowHeight - room))
  const keyboard = useKeyboardKept(box)

  useEffect(() => {
    const element = box.current
    if (element === null) return
    const observer = new ResizeObserver(() =>
      setRoom(Math.max(rowHeight, element.clientHeight - (head.current?.offsetHeight ?? 0))),
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [rowHeight, count === 0])

  useLayoutEffect(() => {
    pages.onMoved = (move: Move) =>
      setView((before) => {
        const top = Math.floor(before.rowsTop / rowHeight)
        return { rowsTop: before.rowsTop + (move(top) - top) * rowHeight, active: move(before.active) }
      })
    pages.onPlaced = (index) => setView({ rowsTop: index * rowHeight, active: index })
  }, [pages, rowHeight])

  // where it was scrolled to last; somebody may be scrolling on meanwhile
  const scrolled = useRef(0)
  useLayoutEffect(() => {
    if (Math.abs(scrolled.current - scrollTop) >= 1 && box.current !== null) box.current.scrollTop = scrollTop
    scrolled.current = scrollTop
  })

  const setActive = (index: number) => setView((before) => ({ ...before, active: index }))
  return {
    box,
    head,
    extent,
    rowsTop,
    active,
    setActive,
    moveTo: (to) => {
      const index = Math.max(0, Math.min(count - 1, to))
      setView({ rowsTop: rowsTopToSee(extent, rowsTop, index), active: index })
    },
    offsetOf: (index) => index * rowHeight - rowsTop + scrollTop,
    onScroll: () => {
      const now = box.current?.scrollTop ?? 0
      // otherwise it was not somebody who scrolled
      if (Math.abs(now - scrolled.current) < 1) return
      scrolled.current = now
      setView((before) => ({ ...before, rowsTop: rowsTopAt(extent, now) }))
    },
    ...keyboard,
  }
}
