import { signal } from '@preact/signals'
import { type Problem, problemOf } from '../api/problem.ts'

export interface LoadedPage<Row> {
  readonly rows: readonly Row[]
  /** Where the page after this one begins; undefined on the last. */
  readonly next: string | undefined
}

/** Reads the page that begins at a cursor; at undefined, the first. */
type Load<Row> = (cursor: string | undefined, signal: AbortSignal) => Promise<LoadedPage<Row>>

interface KnownPage<Row> {
  readonly cursor: string | undefined
  /** Index of its first row. */
  readonly first: number
  count: number
  /** Undefined while it is not held: far from what is looked at, or still being loaded. */
  rows: readonly Row[] | undefined
}

/** Pages that are held at once: some thousand rows, however many there are. */
const MOST_HELD = 24

/**
 * A list of any length that is read page by page, each from where the one before ended. It grows at its end as somebody gets there;
 * pages far away are forgotten and read again when they are needed.
 */
export class CursorPages<Row> {
  /** Changes whenever there is something new to show. */
  readonly version = signal(0)
  problem: Problem | undefined
  private readonly load: Load<Row>
  private readonly pages: KnownPage<Row>[] = [{ cursor: undefined, first: 0, count: 0, rows: undefined }]
  private readonly loading = new Set<KnownPage<Row>>()
  private readonly gone = new AbortController()
  private complete = false

  constructor(load: Load<Row>) {
    this.load = load
  }

  /** Rows known to be there. */
  get count(): number {
    const last = this.pages.at(-1)!
    return last.first + last.count
  }

  get isComplete(): boolean {
    return this.complete
  }

  get isLoading(): boolean {
    return this.loading.size > 0
  }

  /** Undefined for a row that is being loaded. */
  at(index: number): Row | undefined {
    const page = this.pageOf(index)
    return page?.rows?.[index - page.first]
  }

  /** Sees to it that these rows are there, or come; and the page after them when they are the last. */
  want(from: number, to: number): void {
    for (const page of this.pages)
      if (page.rows === undefined && page.first <= to && page.first + Math.max(page.count, 1) > from)
        this.fetch(page)
    if (!this.complete && to >= this.count - 1) this.fetch(this.pages.at(-1)!)
    this.forgetFarFrom(from)
  }

  /** What went wrong may go right now. */
  retry(): void {
    this.problem = undefined
    this.version.value++
  }

  close(): void {
    this.gone.abort()
  }

  private pageOf(index: number): KnownPage<Row> | undefined {
    let [low, high] = [0, this.pages.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.pages[middle]!.first <= index) low = middle
      else high = middle - 1
    }
    return this.pages[low]
  }

  private fetch(page: KnownPage<Row>): void {
    if (page.rows !== undefined || this.problem !== undefined || this.loading.has(page)) return
    this.loading.add(page)
    this.load(page.cursor, this.gone.signal)
      .then(({ rows, next }) => this.take(page, rows, next))
      .catch((error) => {
        if (!this.gone.signal.aborted) this.problem = problemOf(error)
      })
      .finally(() => {
        this.loading.delete(page)
        if (!this.gone.signal.aborted) this.version.value++
      })
  }

  private take(page: KnownPage<Row>, rows: readonly Row[], next: string | undefined): void {
    page.rows = rows
    // the list may have changed since it was read first: the places of the pages after it stay
    if (page !== this.pages.at(-1)) return
    page.count = rows.length
    if (next === undefined) this.complete = true
    else this.pages.push({ cursor: next, first: page.first + page.count, count: 0, rows: undefined })
  }

  private forgetFarFrom(index: number): void {
    const held = this.pages.filter(({ rows }) => rows !== undefined)
    if (held.length <= MOST_HELD) return
    const distance = ({ first, count }: KnownPage<Row>) => Math.abs(first + count / 2 - index)
    for (const page of held.toSorted((a, b) => distance(b) - distance(a)).slice(0, held.length - MOST_HELD))
      page.rows = undefined
  }
}
