import type { Name } from '../../../shared/dns/name.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { done, type Outcome } from '../admin/failure.ts'
import type { Db, ZoneSummary } from '../store/admin-zones.ts'
import { firstEvent } from '../store/compaction.ts'
import {
  type ChangePlace,
  type ColumnFilter,
  changesIn,
  eventsIn,
  type Window,
} from '../store/history-search.ts'
import { eventsNaming } from '../store/history-states.ts'
import { outside } from './as-of.ts'
import { reachIndex } from './catch-up.ts'
import { type RecordFilter, speaksOf } from './event-filter.ts'
import { keysBelow, type OwnerRange, ownerKey } from './owner-key.ts'

/** Which events somebody wants to see. */
export interface EventFilter extends ColumnFilter, RecordFilter {
  readonly name?: Name
  /** With `name`: also what is below it. */
  readonly below?: boolean
  readonly fromAddress?: (address: string) => boolean
  /** Numbers of events, both included. */
  readonly least?: number
  readonly most?: number
}

/** `before` or `after` is where the last page ended; `newestFirst` decides which of them is looked at. */
export interface PageWanted {
  readonly newestFirst: boolean
  readonly limit: number
  readonly before?: number
  readonly after?: number
}

export interface Found<E> {
  readonly events: readonly E[]
  /** Where to go on; undefined when there is no more. */
  readonly next: number | undefined
}

/** Numbers that are looked at in one statement, and in one request: what matches little comes in short pages, or empty ones. */
const WINDOW = 10_000
const WINDOWS = 20
/** Numbers that are taken from the index of names at a time. */
const NAMED_AT_ONCE = 500

/**
 * The next events that match. A search that looks at every event goes on where it stopped by `next`, so that none takes long, and needs
 * no index that every update would have to keep.
 */
export async function searchEvents(
  db: Db,
  zone: ZoneSummary,
  filter: EventFilter,
  wanted: PageWanted,
): Promise<Outcome<Found<ZoneEvent>>> {
  return await search(db, zone, filter, wanted, {
    read: (window) => eventsIn(db, zone.id, filter, window),
    passes: (event) => isFrom(event.source.address, filter) && speaksOf(event, filter),
  })
}

/** As {@link searchEvents}, of those only that changed contents and are of no kind in `without`; whether they speak of a type or value is not asked. */
export async function searchChanges(
  db: Db,
  zone: ZoneSummary,
  filter: EventFilter,
  wanted: PageWanted,
  without: readonly string[],
): Promise<Outcome<Found<ChangePlace>>> {
  return await search(db, zone, filter, wanted, {
    read: (window) => changesIn(db, zone.id, filter, window, without),
    passes: ({ address }) => isFrom(address, filter),
  })
}

/** How events are read, and which of those count. */
interface Reader<E> {
  read(window: Window): Promise<E[]>
  passes(event: E): boolean
}

async function search<E extends { readonly seq: number }>(
  db: Db,
  zone: ZoneSummary,
  filter: EventFilter,
  wanted: PageWanted,
  reader: Reader<E>,
): Promise<Outcome<Found<E>>> {
  const names = await rangeOf(db, zone, filter)
  if (!names.ok) return names
  // a history that was compacted begins later
  const first = (await firstEvent(db, zone.id))?.seq ?? 1
  return done(await new Search(db, zone, filter, wanted, first, reader).run(names.value))
}

/** Numbers from `least` to `most`. */
interface Bounds {
  readonly least: number
  readonly most: number
}

/** One request, window after window. */
class Search<E extends { readonly seq: number }> {
  private readonly db: Db
  private readonly zoneId: number
  private readonly reader: Reader<E>
  private readonly wanted: PageWanted
  private readonly bounds: Bounds
  private readonly events: E[] = []
  /** The next number to be looked at. */
  private at: number

  constructor(
    db: Db,
    zone: ZoneSummary,
    filter: EventFilter,
    wanted: PageWanted,
    first: number,
    reader: Reader<E>,
  ) {
    this.db = db
    this.zoneId = zone.id
    this.reader = reader
    this.wanted = wanted
    const { least = first, most = zone.seq } = filter
    this.bounds = { least: Math.max(first, least), most: Math.min(zone.seq, most) }
    const { before = Number.POSITIVE_INFINITY, after = 0, newestFirst } = wanted
    this.at = newestFirst ? Math.min(this.bounds.most, before - 1) : Math.max(this.bounds.least, after + 1)
  }

  async run(names: OwnerRange | undefined): Promise<Found<E>> {
    for (let windows = 0; windows < WINDOWS && !this.isOver && this.lacking > 0; windows++) {
      if (names === undefined) await this.scan()
      else await this.lookUp(names)
    }
    const next = this.wanted.newestFirst ? this.at + 1 : this.at - 1
    return { events: this.events, next: this.isOver ? undefined : next }
  }

  private get isOver(): boolean {
    return this.at < this.bounds.least || this.at > this.bounds.most
  }

  private get lacking(): number {
    return this.wanted.limit - this.events.length
  }

  /** Looks at every event of a window. */
  private async scan(): Promise<void> {
    const { least, most } = this.bounds
    const window = this.wanted.newestFirst
      ? { least: Math.max(least, this.at - WINDOW + 1), most: this.at }
      : { least: this.at, most: Math.min(most, this.at + WINDOW - 1) }
    const last = await this.take(window)
    this.moveBehind(last ?? (this.wanted.newestFirst ? window.least : window.most))
  }

  /** Looks at the events that the index names. */
  private async lookUp(names: OwnerRange): Promise<void> {
    const { newestFirst } = this.wanted
    const { least, most } = this.bounds
    const window = newestFirst ? { least, most: this.at } : { least: this.at, most }
    const place = { after: window.least - 1, before: window.most + 1, limit: NAMED_AT_ONCE, newestFirst }
    const numbers = await eventsNaming(this.db, this.zoneId, names, place)
    const last = await this.take(window, numbers)
    const isAll = numbers.length < NAMED_AT_ONCE
    this.moveBehind(last ?? (isAll ? (newestFirst ? least : most) : numbers.at(-1)!))
  }

  /** Answers the last number that was looked at when there may be more before the window's end. */
  private async take(window: Bounds, among?: readonly number[]): Promise<number | undefined> {
    const limit = this.lacking
    const { newestFirst } = this.wanted
    const numbers = among === undefined ? {} : { among }
    const found = await this.reader.read({ ...window, newestFirst, limit, ...numbers })
    this.events.push(...found.filter((event) => this.reader.passes(event)))
    return found.length < limit ? undefined : found.at(-1)!.seq
  }

  private moveBehind(seq: number): void {
    this.at = this.wanted.newestFirst ? seq - 1 : seq + 1
  }
}

function isFrom(address: string, { fromAddress }: EventFilter): boolean {
  return fromAddress === undefined || fromAddress(address)
}

/** Names that are looked for in the index; undefined where any name will do. */
async function rangeOf(
  db: Db,
  zone: ZoneSummary,
  { name, below }: EventFilter,
): Promise<Outcome<OwnerRange | undefined>> {
  if (name === undefined) return done(undefined)
  const key = ownerKey(name, zone.name)
  if (key === undefined) return outside(name, zone.name)
  const reached = await reachIndex(db, zone.id, zone.name, zone.seq)
  if (!reached.ok) return reached
  if (below) return done(keysBelow(key))
  // right behind a key comes the key of its first child
  return done({ least: key, beyond: Buffer.concat([key, Buffer.of(0)]) })
}
