// biome-ignore-all lint/a11y/useSemanticElements: rows stand where they are scrolled to, which those of tables do not
// biome-ignore-all lint/a11y/useKeyWithClickEvents: as above
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the keyboard, and tells which row is active
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { CursorPages } from './cursor-pages.ts'
import { ProblemNote } from './form.tsx'
import { useNarrow } from './use-narrow.ts'
import { cancelled, placeOf, scrolled } from './virtual-scroll.ts'

export interface GridColumn<Row> {
  readonly id: string
  readonly title: string
  /** As in grid-template-columns. */
  readonly width: string
  readonly cell: (row: Row, index: number) => ComponentChildren
}

const ROW_HEIGHT = 40
const ROW_HEIGHT_NARROW = 64
const BEYOND = 6

/**
 * A table of any number of rows, of which those in sight exist. The arrow keys, Page Up, Page Down, Home and End move through it, Enter
 * opens a row.
 */
export function VirtualGrid<Row>({
  label,
  columns,
  pages,
  rowLabel,
  onOpen,
  empty,
}: {
  readonly label: string
  readonly columns: readonly GridColumn<Row>[]
  readonly pages: CursorPages<Row>
  readonly rowLabel: (row: Row) => string
  readonly onOpen?: ((row: Row) => void) | undefined
  /** Shown when there is no row. */
  readonly empty: ComponentChildren
}) {
  const id = useId()
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 600 })
  const [active, setActive] = useState(0)
  const isNarrow = useNarrow()
  const rowHeight = isNarrow ? ROW_HEIGHT_NARROW : ROW_HEIGHT
  void pages.version.value

  useEffect(() => {
    const element = box.current
    if (element === null) return
    const observer = new ResizeObserver(() =>
      setView((before) => ({ ...before, height: element.clientHeight })),
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const { count } = pages
  const place = placeOf({ count, rowHeight, ...view })
  const first = Math.max(0, place.first - BEYOND)
  const last = Math.min(count - 1, place.last + BEYOND)
  useEffect(() => {
    pages.want(first, Math.max(last, place.last))
  })

  const move = (to: number) => {
    const next = Math.max(0, Math.min(count - 1, to))
    setActive(next)
    const element = box.current
    if (element !== null) element.scrollTop = scrolled({ count, rowHeight, ...view }, next)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 2)
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: count - 1,
    }
    const to = steps[event.key]
    const row = pages.at(active)
    if (to !== undefined) cancelled(event, () => move(to))
    else if (event.key === 'Enter' && row !== undefined) cancelled(event, () => onOpen?.(row))
  }

  if (count === 0 && pages.isComplete) return <>{empty}</>
  const template = columns.map(({ width }) => width).join(' ')
  const rows: ComponentChildren[] = []
  for (let index = first; index <= last; index++) {
    const row = pages.at(index)
    rows.push(
      <div
        key={index}
        id={`${id}-${index}`}
        role="row"
        tabIndex={-1}
        class={index === active ? 'vrow active' : 'vrow'}
        aria-rowindex={index + 2}
        aria-selected={index === active}
        aria-label={row === undefined ? 'being loaded' : rowLabel(row)}
        style={{
          height: `${rowHeight}px`,
          translate: `0 ${place.offsetOf(index)}px`,
          '--columns': template,
        }}
        onMouseDown={() => setActive(index)}
        onClick={() => isNarrow && row !== undefined && onOpen?.(row)}
        onDblClick={() => row !== undefined && onOpen?.(row)}
      >
        {columns.map((column) => (
          <div role="gridcell" key={column.id} class={`cell-${column.id}`}>
            {row === undefined ? '…' : column.cell(row, index)}
          </div>
        ))}
      </div>,
    )
  }
  return (
    <>
      <ProblemNote problem={pages.problem} retry={() => pages.retry()} />
      <div
        class="vgrid"
        role="grid"
        aria-label={label}
        aria-rowcount={pages.isComplete ? count + 1 : -1}
        aria-busy={pages.isLoading}
        aria-activedescendant={count === 0 ? undefined : `${id}-${active}`}
        aria-describedby={`${id}-how`}
        tabIndex={0}
        ref={box}
        onKeyDown={onKeyDown}
        onScroll={(event) =>
          setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })
        }
      >
        <div class="vhead" role="rowgroup">
          <div class="vrow" role="row" aria-rowindex={1} style={{ '--columns': template }}>
            {columns.map((column) => (
              <div role="columnheader" key={column.id} class={`cell-${column.id}`}>
                {column.title}
              </div>
            ))}
          </div>
        </div>
        <div class="vbody" role="rowgroup" style={{ height: `${place.height}px` }}>
          {rows}
        </div>
      </div>
      <p class="hint" id={`${id}-how`}>
        {count.toLocaleString()} {pages.isComplete ? 'in all' : 'so far; more come while you scroll'}.
        {onOpen && ' Arrow keys move, Enter opens.'}
      </p>
    </>
  )
}
