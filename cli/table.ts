import { type Terminal, widthOf } from './terminal.ts'

export interface Column<T> {
  readonly title: string
  readonly text: (row: T) => string
  readonly align?: 'right'
  /** May be cut where the table is wider than the terminal. */
  readonly shrink?: boolean
  /** Where the table is wider still it goes below the row; the lowest number first. */
  readonly below?: number
  readonly colour?: (terminal: Terminal, cell: string, row: T) => string
}

const GAP = '  '
const INDENT = '    '
/** Columns are not cut shorter than this while others can go below the row, then to the second. */
const LEAST_WIDTHS = [16, 8] as const

/** Prints rows under a heading; `more` gives lines that belong to a row. */
export function printTable<T>(
  terminal: Terminal,
  columns: readonly Column<T>[],
  rows: readonly T[],
  more: (row: T) => readonly string[] = () => [],
): void {
  const beside = fittingColumns(terminal.width, columns, rows)
  const below = columns.filter((column) => !beside.some((shown) => shown.column === column))
  const line = (finish: (shown: Shown<T>) => string) => terminal.line(beside.map(finish).join(GAP).trimEnd())
  line((shown) => terminal.colour('dim', fit(shown.column.title, shown)))
  for (const row of rows) {
    line((shown) => {
      const cell = fit(shown.column.text(row), shown)
      return shown.column.colour?.(terminal, cell, row) ?? cell
    })
    if (below.length > 0)
      terminal.line(INDENT + below.map(({ title, text }) => `${title.toLowerCase()} ${text(row)}`).join(GAP))
    for (const text of more(row)) terminal.line(INDENT + text)
  }
}

/** Prints what is known of one thing, a line a fact. */
export function printFacts(terminal: Terminal, facts: readonly (readonly [string, string])[]): void {
  const width = Math.max(...facts.map(([name]) => name.length))
  for (const [name, value] of facts)
    terminal.line(`${terminal.colour('dim', name.padEnd(width))}${GAP}${value}`)
}

interface Shown<T> {
  readonly column: Column<T>
  width: number
}

/** Columns with widths that fit: first by cutting long cells, then by moving columns below, then by cutting more. */
function fittingColumns<T>(room: number, columns: readonly Column<T>[], rows: readonly T[]): Shown<T>[] {
  const shown = columns.map((column) => ({
    column,
    width: Math.max(widthOf(column.title), ...rows.map((row) => widthOf(column.text(row)))),
  }))
  shrink(shown, room, LEAST_WIDTHS[0])
  if (widthOfAll(shown) <= room) return shown
  const next = nextBelow(columns)
  if (next !== undefined)
    return fittingColumns(
      room,
      columns.filter((column) => column !== next),
      rows,
    )
  shrink(shown, room, LEAST_WIDTHS[1])
  return shown
}

function nextBelow<T>(columns: readonly Column<T>[]): Column<T> | undefined {
  return columns.filter(({ below }) => below !== undefined).toSorted((a, b) => a.below! - b.below!)[0]
}

/** The widest gives way first. */
function shrink<T>(shown: readonly Shown<T>[], room: number, least: number): void {
  const elastic = shown.filter(({ column }) => column.shrink)
  for (let excess = widthOfAll(shown) - room; excess > 0; excess--) {
    const widest = elastic.reduce<Shown<T> | undefined>(
      (a, b) => (a !== undefined && a.width >= b.width ? a : b),
      undefined,
    )
    if (widest === undefined || widest.width <= least) return
    widest.width--
  }
}

function widthOfAll<T>(shown: readonly Shown<T>[]): number {
  return shown.reduce((sum, { width }) => sum + width, 0) + GAP.length * (shown.length - 1)
}

function fit<T>(text: string, { width, column }: Shown<T>): string {
  const cut = widthOf(text) <= width ? text : `${text.slice(0, width - 1)}…`
  return column.align === 'right' ? cut.padStart(width) : cut.padEnd(width)
}
