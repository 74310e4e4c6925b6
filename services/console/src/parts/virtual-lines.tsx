import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { heightOf, rowsInSight, rowsTopAt } from './virtual-scroll.ts'

const LINE_HEIGHT = 26
const BEYOND = 10

/** Any number of lines, each of one height, of which those in sight exist; it scrolls in both directions within itself. */
export function VirtualLines({
  label,
  count,
  line,
}: {
  readonly label: string
  readonly count: number
  readonly line: (index: number) => ComponentChildren
}) {
  const box = useRef<HTMLElement>(null)
  const [view, setView] = useState({ scrollTop: 0, room: 400 })
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const observer = new ResizeObserver(() =>
      setView((before) => ({ ...before, room: element.clientHeight })),
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const extent = { count, rowHeight: LINE_HEIGHT, room: view.room }
  const top = rowsTopAt(extent, view.scrollTop)
  const sight = rowsInSight(extent, top)
  const [first, last] = [Math.max(0, sight.first - BEYOND), Math.min(count - 1, sight.last + BEYOND)]
  const lines: ComponentChildren[] = []
  for (let index = first; index <= last; index++)
    lines.push(
      <div
        key={index}
        class="vline"
        style={{ height: `${LINE_HEIGHT}px`, translate: `0 ${index * LINE_HEIGHT - top + view.scrollTop}px` }}
      >
        {line(index)}
      </div>,
    )
  return (
    <section
      ref={box}
      class="vlines"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop } }) => setView((before) => ({ ...before, scrollTop }))}
    >
      <div class="vbody" style={{ height: `${heightOf(extent)}px` }}>
        {lines}
      </div>
    </section>
  )
}
