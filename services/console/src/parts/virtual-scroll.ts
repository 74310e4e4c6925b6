/** Browsers cannot show elements of any height: Firefox ends at 17.8 million pixels. */
const MOST_PIXELS = 15_000_000

export interface Scrolled {
  readonly count: number
  readonly rowHeight: number
  /** Of the box, in pixels. */
  readonly top: number
  readonly height: number
}

export interface Place {
  /** Of what is scrolled, in pixels. */
  readonly height: number
  readonly first: number
  readonly last: number
  /** Where a row stands in it, in pixels. */
  offsetOf(index: number): number
}

/** Which rows are in sight. Of very many rows, a pixel of scrolling is more than one pixel of rows. */
export function placeOf({ count, rowHeight, top, height }: Scrolled): Place {
  const whole = count * rowHeight
  const shown = Math.min(whole, MOST_PIXELS)
  const ratio = shown - height > 0 ? Math.max(0, whole - height) / (shown - height) : 1
  const rowsTop = top * ratio
  const first = Math.max(0, Math.floor(rowsTop / rowHeight))
  const last = Math.min(count - 1, Math.ceil((rowsTop + height) / rowHeight))
  return { height: shown, first, last, offsetOf: (index) => index * rowHeight - rowsTop + top }
}

/** How far to scroll so that a row is in sight; as now when it is. */
export function scrolled(view: Scrolled, index: number): number {
  const { count, rowHeight, top, height } = view
  const whole = count * rowHeight
  const shown = Math.min(whole, MOST_PIXELS)
  const ratio = shown - height > 0 ? Math.max(0, whole - height) / (shown - height) : 1
  const rowsTop = top * ratio
  const [above, below] = [index * rowHeight, (index + 1) * rowHeight]
  // the head stands over the first row in sight
  const room = height - rowHeight
  if (above < rowsTop) return above / ratio
  if (below > rowsTop + room) return (below - room) / ratio
  return top
}

/** Does it instead of what the browser would. */
export function cancelled(event: Event, act: () => void): void {
  event.preventDefault()
  act()
}
