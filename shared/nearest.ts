/** Slips of the finger in a long word. More would be another word, and looking for it would cost too much among thousands. */
const MOST_EDITS = 3

/**
 * The candidate nearest to a word by edits, or undefined when none is near enough to be what was meant. What a candidate costs
 * grows with its length only, since a stranger may choose the word and others may have made thousands of candidates.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.min(MOST_EDITS, Math.max(2, Math.floor(word.length / 3))) + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= least) continue
    const distance = editDistance(word, candidate, least)
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}

/** How many characters to insert, delete or replace, or neighbours to swap; `limit` when it is that or more. */
function editDistance(a: string, b: string, limit: number): number {
  let [start, endA, endB] = [0, a.length, b.length]
  while (start < endA && start < endB && a.charCodeAt(start) === b.charCodeAt(start)) start++
  while (endA > start && endB > start && a.charCodeAt(endA - 1) === b.charCodeAt(endB - 1)) {
    endA--
    endB--
  }
  return distanceBetween(a.slice(start, endA), b.slice(start, endB), limit)
}

/** Row by row, and of each row only what lies near the diagonal: farther away every way is too long. */
function distanceBetween(a: string, b: string, limit: number): number {
  let [before, row, next] = rowsFor(b.length)
  for (let j = 0; j <= Math.min(b.length, limit); j++) row[j] = j
  for (let i = 1; i <= a.length; i++) {
    const [from, to] = [Math.max(1, i - limit + 1), Math.min(b.length, i + limit - 1)]
    const [char, charBefore] = [a.charCodeAt(i - 1), a.charCodeAt(i - 2)]
    next[from - 1] = from === 1 ? i : limit
    let least = next[from - 1]!
    for (let j = from; j <= to; j++) {
      let cost = row[j - 1]! + (char === b.charCodeAt(j - 1) ? 0 : 1)
      if (row[j]! + 1 < cost) cost = row[j]! + 1
      if (next[j - 1]! + 1 < cost) cost = next[j - 1]! + 1
      const isSwapped = j > 1 && i > 1 && char === b.charCodeAt(j - 2) && charBefore === b.charCodeAt(j - 1)
      if (isSwapped && before[j - 2]! + 1 < cost) cost = before[j - 2]! + 1
      next[j] = cost
      if (cost < least) least = cost
    }
    if (least >= limit) return limit
    if (to < b.length) next[to + 1] = limit
    ;[before, row, next] = [row, next, before]
  }
  return Math.min(limit, row[b.length]!)
}

let rows = [new Uint16Array(64), new Uint16Array(64), new Uint16Array(64)] as const

function rowsFor(length: number): [Uint16Array, Uint16Array, Uint16Array] {
  if (length >= rows[0].length) {
    const size = 2 * (length + 1)
    rows = [new Uint16Array(size), new Uint16Array(size), new Uint16Array(size)]
  }
  return [...rows]
}
