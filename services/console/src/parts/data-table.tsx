import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { useKeyboardKept } from './use-keyboard-kept.ts'

export interface Column<Row> {
  readonly id: string
  readonly title: string
  readonly cell: (row: Row) => ComponentChildren
  /** Numbers stand on the right. */
  readonly number?: boolean
  /** May be left out on a phone. */
  readonly minor?: boolean
}

/** A table of some hundred rows at most; on a phone it scrolls sideways within itself. The first column names the row. */
export function DataTable<Row>({
  label,
  columns,
  rows,
  rowKey,
}: {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string | number
}) {
  const box = useRef<HTMLElement>(null)
  const keyboard = useKeyboardKept(box)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="scrolls" aria-label={label} tabIndex={0} ref={box} {...keyboard}>
      <table>
        <caption class="unseen">{label}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" class={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={column.id} scope="row">
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.id} class={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function classOf({ number, minor }: Pick<Column<never>, 'number' | 'minor'>): string | undefined {
  return [number && 'number', minor && 'minor'].filter(Boolean).join(' ') || undefined
}
