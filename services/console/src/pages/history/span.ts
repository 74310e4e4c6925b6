/** Two moments, in ms since the epoch. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Moved by a part of its own length. */
export function shifted({ from, to }: Span, part: number): Span {
  const by = (to - from) * part
  return { from: from + by, to: to + by }
}

/** Longer or shorter around its middle; never shorter than a second. */
export function zoomed({ from, to }: Span, factor: number): Span {
  const half = Math.max(500, ((to - from) * factor) / 2)
  const middle = (from + to) / 2
  return { from: middle - half, to: middle + half }
}
