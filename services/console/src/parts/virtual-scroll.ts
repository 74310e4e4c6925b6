/** Browsers cannot show elements of any height: Firefox ends at 17.8 million pixels. */
const MOST_PIXELS = 15_000_000

/** What is scrolled, and through how large a hole one looks at it, in pixels. */
export interface Extent {
  readonly count: number
  readonly rowHeight: number
  /** For rows, without the head that stands over them. */
  readonly room: number
}

/** Of what is scrolled. Of very many rows, a pixel of scrolling is more than one pixel of rows. */
export function heightOf({ count, rowHeight }: Extent): number {
  return Math.min(count * rowHeight, MOST_PIXELS)
}

/** The pixel of rows that is the first in sight where so far was scrolled. */
export function rowsTopAt(extent: Extent, scrollTop: number): number {
  return within(extent, scrollTop * ratioOf(extent))
}

/** How far to scroll to have that pixel of rows first in sight. */
export function scrollTopFor(extent: Extent, rowsTop: number): number {
  return within(extent, rowsTop) / ratioOf(extent)
}

/** Which rows are in sight. */
export function rowsInSight(
  { count, rowHeight, room }: Extent,
  rowsTop: number,
): { readonly first: number; readonly last: number } {
  const first = Math.max(0, Math.floor(rowsTop / rowHeight))
  return { first, last: Math.min(count - 1, Math.ceil((rowsTop + room) / rowHeight)) }
}

/** The pixel of rows to have first in sight so that a row is seen; as now when it is. */
export function rowsTopToSee({ rowHeight, room }: Extent, rowsTop: number, index: number): number {
  const [above, below] = [index * rowHeight, (index + 1) * rowHeight]
  if (above < rowsTop) return above
  return below > rowsTop + room ? below - room : rowsTop
}

function within({ count, rowHeight, room }: Extent, rowsTop: number): number {
  return Math.max(0, Math.min(rowsTop, count * rowHeight - room))
}

function ratioOf(extent: Extent): number {
  const { count, rowHeight, room } = extent
  const shown = heightOf(extent) - room
  return shown > 0 ? Math.max(1, count * rowHeight - room) / shown : 1
}

/** Does it instead of what the browser would. */
export function cancelled(event: Event, act: () => void): void {
  event.preventDefault()
  act()
}
