import { signal } from '@preact/signals'
import { type Problem, problemOf } from '../api/problem.ts'

export interface LoadedPage<Row> {
  readonly rows: readonly Row[]
  /** Where the page ends; undefined where the list does. */
  readonly next: string | undefined
  /** Where the page begins; undefined where the list does. */
  readonly previous: string | undefined
}

/** A part of the list: between two places all of it, or so much that `next` says where the rest begins; a page of it from one. */
export interface AskedPage {
  /** Behind this place; left out, from the first row. */
  readonly after?: string
  /** Not behind this place: all rows up to it, or with `backwards` the last of them. */
  readonly upTo?: string
  /** Where this text stands, in place of `after`. */
  readonly from?: string
  readonly backwards?: boolean
}

/** Reads a part of the list. A page has a row where there is any. */
type Load<Row> = (asked: AskedPage, signal: AbortSignal) => Promise<LoadedPage<Row>>

/** What tells rows apart. */
export interface RowOrder<Row> {
  /** Sorts as the list does; rows may share it. */
  readonly keyOf: (row: Row) => string
  /** Of one row only, for as long as it is meant to be the same. */
  readonly idOf: (row: Row) => string
}

/** Where to look at the list: at its ends, or where this text stands. */
export type Destination = 'first' | 'last' | { readonly from: string }

interface KnownPage<Row> {
  /** It has the rows behind this place; undefined at the beginning of the list. */
  readonly after: string | undefined
  /** Up to this place; undefined at the end of the list. */
  upTo: string | undefined
  /** Index of its first row. */
  first: number
  count: number
  /** Undefined while it is not held: far from what is looked at, or still being loaded. */
  rows: readonly Row[] | undefined
  /** Keys of its first and its last row when it was read last. */
  keys: readonly [string, string] | undefined
  /** Something in it has changed since it was asked for. */
  isStale: boolean
}

/** What rows do when others come before them or go: each index to the one that the row has then. */
export type Move = (index: number) => number

/** Pages that are held at once: some thousand rows, however many there are. */
const MOST_HELD = 24

/**
 * A list of any length that is read page by page, in both directions from where somebody began to look. It grows at its ends as somebody gets
 * there; pages far away are forgotten and read again when they are needed, and what has changed is read again where it stands.
 */
export class CursorPages<Row> {
  /** Changes whenever there is something new to show. */
  readonly version = signal(0)
  problem: Problem | undefined
  /** Told when rows have moved. */
  onMoved: (move: Move) => void = () => {}
  /** Told when another place of the list is shown: the row that was meant. */
  onPlaced: (index: number) => void = () => {}
  private readonly load: Load<Row>
  private readonly order: RowOrder<Row>
  private pages: KnownPage<Row>[] = []
  private readonly loading = new Set<unknown>()
  private readonly gone = new AbortController()
  /** Where somebody wanted to go last. */
  private destination: Destination | undefined
  /** How often something was told to have changed. */
  private changes = 0

  constructor(load: Load<Row>, order: RowOrder<Row>) {
    this.load = load
    this.order = order
    this.goTo('first')
  }

  /** Rows known to be there. */
  get count(): number {
    const last = this.pages.at(-1)
    return last === undefined ? 0 : last.first + last.count
  }

  /** Whether there is nothing before what is known. */
  get hasFirst(): boolean {
    return this.pages.length > 0 && this.pages[0]!.after === undefined
  }

  /** Whether there is nothing behind what is known. */
  get hasLast(): boolean {
    return this.pages.length > 0 && this.pages.at(-1)!.upTo === undefined
  }

  get isComplete(): boolean {
    return this.hasFirst && this.hasLast
  }

  get isLoading(): boolean {
    return this.loading.size > 0
  }

  /** Undefined for a row that is being loaded. */
  at(index: number): Row | undefined {
    const page = this.pages[this.placeOf(index)]
    return page?.rows?.[index - page.first]
  }

  /** Shows the list from there on, with what is before it; what is shown stays until that is there. */
  goTo(destination: Destination): void {
    this.destination = destination
    const asked =
      destination === 'first' ? {} : destination === 'last' ? { backwards: true } : { from: destination.from }
    this.fetch(asked, asked, ({ rows, next, previous }, isStale) => {
      if (this.destination !== destination) return
      // behind the last row there is nothing to see
      if (rows.length === 0 && previous !== undefined && destination !== 'last') return this.goTo('last')
      this.destination = undefined
      this.pages = [this.known({ after: previous, upTo: next }, rows, isStale)]
      this.onPlaced(destination === 'last' ? rows.length - 1 : 0)
    })
  }

  /** Sees to it that these rows are there, or come; and the page before or behind them when they are at an end of what is known. */
  want(from: number, to: number): void {
    if (this.pages.length === 0) return
    let place = this.placeOf(from)
    while (place > 0 && this.pages[place - 1]!.count === 0) place--
    for (; place < this.pages.length; place++) {
      const page = this.pages[place]!
      if (page.first > Math.max(from, to)) break
      if (page.rows === undefined || page.isStale) this.read(page)
    }
    if (!this.hasLast && to >= this.count - 1) this.extend()
    if (!this.hasFirst && from <= 0) this.extendBefore()
    this.forgetFarFrom(from)
  }

  /** Rows with these keys have changed, come or gone; undefined for any. What is not looked at is read again when it is. */
  refresh(keys: readonly string[] | undefined): void {
    const isTouched = (lower: string | undefined, upper: string | undefined) =>
      keys === undefined || keys.some((key) => (lower ?? '') <= key && (upper === undefined || key <= upper))
    this.changes++
    this.pages.forEach((page, index) => {
      // what comes between two pages is of one of them
      const [lower, upper] = [this.pages[index - 1]?.keys?.[1], this.pages[index + 1]?.keys?.[0]]
      if (isTouched(lower, upper)) page.isStale = true
    })
    this.version.value++
  }

  /** A row that is held is another now, of the same id. */
  change(row: Row): void {
    const { idOf } = this.order
    const id = idOf(row)
    for (const page of this.pages)
      if (page.rows?.some((each) => idOf(each) === id))
        page.rows = page.rows.map((each) => (idOf(each) === id ? row : each))
    this.version.value++
  }

  /** What went wrong may go right now. */
  retry(): void {
    this.problem = undefined
    if (this.destination !== undefined) this.goTo(this.destination)
    this.version.value++
  }

  close(): void {
    this.gone.abort()
  }

  /** Where the page with that row is. */
  private placeOf(index: number): number {
    let [low, high] = [0, this.pages.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.pages[middle]!.first <= index) low = middle
      else high = middle - 1
    }
    return Math.max(0, low)
  }

  private extend(): void {
    const last = this.pages.at(-1)!
    this.fetch('behind', { after: last.upTo! }, ({ rows, next }, isStale) => {
      if (this.pages.at(-1) !== last) return
      if (rows.length === 0) last.upTo = undefined
      else this.pages.push(this.known({ after: last.upTo, upTo: next }, rows, isStale))
      this.renumber()
    })
  }

  private extendBefore(): void {
    const [first] = this.pages
    this.fetch('before', { upTo: first!.after!, backwards: true }, ({ rows, previous }, isStale) => {
      if (this.pages[0] !== first) return
      this.pages.unshift(this.known({ after: previous, upTo: first!.after }, rows, isStale))
      this.renumber()
      this.onMoved((index) => index + rows.length)
    })
  }

  /** Reads a page again where it stands; it may have more rows now, or fewer. */
  private read(page: KnownPage<Row>): void {
    const { after, upTo } = page
    const asked = { ...(after !== undefined && { after }), ...(upTo !== undefined && { upTo }) }
    const begun = this.fetch(page, asked, ({ rows, next }) => {
      if (!this.pages.includes(page)) return
      const before = { rows: page.rows, count: page.count }
      page.rows = rows
      page.count = rows.length
      page.keys = this.keysOf(rows) ?? page.keys
      const rest =
        upTo === undefined || next === undefined ? undefined : restOf(upTo, next, before.count - rows.length)
      if (rest !== undefined) this.pages.splice(this.pages.indexOf(page) + 1, 0, rest)
      if (upTo === undefined || rest !== undefined) page.upTo = next
      this.renumber()
      this.onMoved(moveIn(page, before, this.order, rest?.count ?? 0))
    })
    // what changes from now on may not be in the answer
    if (begun) page.isStale = false
  }

  /** Whether it was begun. */
  private fetch(
    what: unknown,
    asked: AskedPage,
    take: (page: LoadedPage<Row>, isStale: boolean) => void,
  ): boolean {
    if (this.problem !== undefined || this.loading.has(what)) return false
    const { signal } = this.gone
    const changes = this.changes
    this.loading.add(what)
    this.load(asked, signal)
      .then((page) => !signal.aborted && take(page, this.changes !== changes))
      .catch((error) => {
        if (!signal.aborted) this.problem = problemOf(error)
      })
      .finally(() => {
        this.loading.delete(what)
        if (!signal.aborted) this.version.value++
      })
    return true
  }

  private known(
    bounds: Pick<KnownPage<Row>, 'after' | 'upTo'>,
    rows: readonly Row[],
    isStale: boolean,
  ): KnownPage<Row> {
    return { ...bounds, first: 0, count: rows.length, rows, keys: this.keysOf(rows), isStale }
  }

  private keysOf(rows: readonly Row[]): readonly [string, string] | undefined {
    const { keyOf } = this.order
    return rows.length === 0 ? undefined : [keyOf(rows[0]!), keyOf(rows.at(-1)!)]
  }

  private renumber(): void {
    let first = 0
    for (const page of this.pages) {
      page.first = first
      first += page.count
    }
  }

  private forgetFarFrom(index: number): void {
    const held = this.pages.filter(({ rows }) => rows !== undefined)
    if (held.length <= MOST_HELD) return
    const distance = ({ first, count }: KnownPage<Row>) => Math.abs(first + count / 2 - index)
    for (const page of held.toSorted((a, b) => distance(b) - distance(a)).slice(0, held.length - MOST_HELD))
      page.rows = undefined
  }
}

/** What did not fit when a page was read again, since many rows have come: it is read when it is looked at. */
function restOf(upTo: string, after: string, count: number): KnownPage<never> {
  return {
    after,
    upTo,
    first: 0,
    count: Math.max(1, count),
    rows: undefined,
    keys: undefined,
    isStale: false,
  }
}

/**
 * Where rows stand after a page was read again: those behind it move as much as it grew; in it, one that is gone gives way to the next. `behind` is how
 * many rows follow it now that were a part of it.
 */
function moveIn<Row>(
  { first, rows: now, count }: KnownPage<Row>,
  before: { readonly rows: readonly Row[] | undefined; readonly count: number },
  { keyOf, idOf }: RowOrder<Row>,
  behind: number,
): Move {
  return (index) => {
    if (index < first) return index
    if (index >= first + before.count) return index + count + behind - before.count
    const row = before.rows?.[index - first]
    if (row === undefined || now === undefined) return index
    const [id, key] = [idOf(row), keyOf(row)]
    const same = now.findIndex((other) => idOf(other) === id)
    const place = same === -1 ? now.findIndex((other) => keyOf(other) >= key) : same
    return first + (place === -1 ? count : place)
  }
}
