import type { Event } from '../../api/operations.ts'

/** As many are shown, unless somebody asked for older ones. */
export const KEPT = 1_000

/** The part of a history that a page holds. It does not grow by itself, however many events come. */
export interface EventWindow {
  /** Newest first. */
  readonly events: readonly Event[]
  /** What to ask for next to get older ones; undefined where there are none. */
  readonly next: number | undefined
  readonly room: number
  /** Newer ones that are not shown yet, newest first: the latest of them. */
  readonly held: readonly Event[]
  readonly heldCount: number
}

export const NO_EVENTS: EventWindow = { events: [], next: undefined, room: KEPT, held: [], heldCount: 0 }

/** With a page of older ones below; there is room for them from now on. */
export function withOlder(now: EventWindow, older: readonly Event[], next: number | undefined): EventWindow {
  const oldest = now.events.at(-1)?.seq ?? Number.POSITIVE_INFINITY
  const events = [...now.events, ...older.filter(({ seq }) => seq < oldest)]
  return { ...now, events, next, room: Math.max(KEPT, events.length) }
}

/** With newer ones kept back, given in the order in which they came. */
export function withNewer(now: EventWindow, came: readonly Event[]): EventWindow {
  const newest = now.held[0]?.seq ?? now.events[0]?.seq ?? -1
  const newer = came.filter(({ seq }) => seq > newest).reverse()
  const held = [...newer, ...now.held].slice(0, KEPT)
  return { ...now, held, heldCount: now.heldCount + newer.length }
}

/** With what was kept back shown. What no longer fits can be asked for again; nothing between two that are shown is left out. */
export function withHeldShown(now: EventWindow): EventWindow {
  if (now.heldCount === 0) return now
  const isGapless = now.heldCount === now.held.length
  const all = isGapless ? [...now.held, ...now.events] : now.held
  const events = all.slice(0, now.room)
  const isCut = !isGapless || events.length < all.length
  return { ...now, events, next: isCut ? events.at(-1)!.seq : now.next, held: [], heldCount: 0 }
}
