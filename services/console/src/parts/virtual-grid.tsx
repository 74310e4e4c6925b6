// biome-ignore-all lint/a11y/useSemanticElements: rows stand where they are scrolled to, which those of tables do not
// biome-ignore-all lint/a11y/useKeyWithClickEvents: as above
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the keyboard, and tells which row is active
import type { ComponentChildren } from 'preact'
import { useEffect, useId } from 'preact/hooks'
import type { CursorPages } from './cursor-pages.ts'
import { ProblemNote } from './form.tsx'
import { useGridView } from './use-grid-view.ts'
import { useNarrow } from './use-narrow.ts'
import { cancelled, heightOf, rowsInSight } from './virtual-scroll.ts'

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
 * opens a row. Its place and the keyboard's stay while rows come and go around them.
 */
export function VirtualGrid<Row>({
  label,
  columns,
  pages,
  rowId,
  rowLabel,
  onOpen,
  empty,
}: {
  readonly label: string
  readonly columns: readonly GridColumn<Row>[]
  readonly pages: CursorPages<Row>
  readonly rowId: (row: Row) => string
  readonly rowLabel: (row: Row) => string
  readonly onOpen?: ((row: Row) => void) | undefined
  /** Shown when there is no row. */
  readonly empty: ComponentChildren
}) {
  const id = useId()
  const isNarrow = useNarrow()
  const rowHeight = isNarrow ? ROW_HEIGHT_NARROW : ROW_HEIGHT
  void pages.version.value
  const { count } = pages
  const { box, head, extent, rowsTop, active, setActive, moveTo, ...handlers } = useGridView(pages, rowHeight)
  const sight = rowsInSight(extent, rowsTop)
  const first = Math.max(0, sight.first - BEYOND)
  const last = Math.min(count - 1, sight.last + BEYOND)
  useEffect(() => {
    pages.want(first, Math.max(last, sight.last))
  })

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return
    const page = Math.max(1, Math.floor(extent.room / rowHeight) - 1)
    const steps: Readonly<Record<string, () => void>> = {
      ArrowDown: () => moveTo(active + 1),
      ArrowUp: () => moveTo(active - 1),
      PageDown: () => moveTo(active + page),
      PageUp: () => moveTo(active - page),
      Home: () => (pages.hasFirst ? moveTo(0) : pages.goTo('first')),
      End: () => (pages.hasLast ? moveTo(count - 1) : pages.goTo('last')),
    }
    const step = steps[event.key]
    const row = pages.at(active)
    if (step !== undefined) cancelled(event, step)
    else if (event.key === 'Enter' && row !== undefined) cancelled(event, () => onOpen?.(row))
  }

  if (count === 0 && pages.isComplete) return <>{empty}</>
  const template = columns.map(({ width }) => width).join(' ')
  const rows: ComponentChildren[] = []
  for (let index = first; index <= last; index++) {
    const row = pages.at(index)
    rows.push(
      <div
        key={row === undefined ? index : rowId(row)}
        id={`${id}-${index}`}
        role="row"
        tabIndex={-1}
        class={index === active ? 'vrow active' : 'vrow'}
        aria-rowindex={pages.hasFirst ? index + 2 : undefined}
        aria-selected={index === active}
        aria-label={row === undefined ? 'being loaded' : rowLabel(row)}
        style={{
          height: `${rowHeight}px`,
          translate: `0 ${handlers.offsetOf(index)}px`,
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
        aria-activedescendant={active >= first && active <= last ? `${id}-${active}` : undefined}
        aria-describedby={`${id}-how`}
        tabIndex={0}
        ref={box}
        onKeyDown={onKeyDown}
        onScroll={handlers.onScroll}
        onFocusIn={handlers.onFocusIn}
        onFocusOut={handlers.onFocusOut}
      >
        <div class="vhead" role="rowgroup" ref={head}>
          <div class="vrow" role="row" aria-rowindex={1} style={{ '--columns': template }}>
            {columns.map((column) => (
              <div role="columnheader" key={column.id} class={`cell-${column.id}`}>
                {column.title}
              </div>
            ))}
          </div>
        </div>
        <div class="vbody" role="rowgroup" style={{ height: `${heightOf(extent)}px` }}>
          {rows}
        </div>
      </div>
      <p class="hint" id={`${id}-how`}>
        {told(count, pages)} Arrow keys move, Home and End go to the first and the last
        {onOpen && ', Enter opens'}.
      </p>
    </>
  )
}

function told(
  count: number,
  { isComplete, isLoading }: { readonly isComplete: boolean; readonly isLoading: boolean },
): string {
  if (isComplete) return `${count.toLocaleString()} in all.`
  if (count === 0 && isLoading) return 'Looking …'
  return `${count.toLocaleString()} so far; more come while you scroll.`
}
