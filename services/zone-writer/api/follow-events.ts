import { setTimeout as delay } from 'node:timers/promises'
import { type EventJson, eventJson } from '../admin/event-json.ts'
import { type EventFilter, searchEvents } from '../history/search.ts'
import { findZoneById, type ZoneSummary } from '../store/admin-zones.ts'
import type { ApiContext } from './context.ts'

const PAGE = 200
/** Without word of an event the database is asked all the same, and the reader hears that the connection lives. */
const QUIET_MS = 5_000

type Following = Pick<ApiContext, 'admin' | 'whenEvent'>

/** Events after `after`, those that are there and then those that come, until `signal`; undefined when nothing happened for a while. */
export async function* eventsAsTheyCome(
  { admin, whenEvent }: Following,
  zone: ZoneSummary,
  filter: EventFilter,
  after: number,
  signal: AbortSignal,
  mostLines?: number,
): AsyncGenerator<EventJson | undefined> {
  const bell = new Bell()
  const stop = whenEvent(zone.id, () => bell.ring())
  let at = after
  try {
    while (!signal.aborted) {
      bell.clear()
      const now = await findZoneById(admin.db, zone.id)
      if (now === undefined) return
      const found = await searchEvents(admin.db, now, filter, { newestFirst: false, limit: PAGE, after: at })
      if (!found.ok) throw new Error(found.message)
      for (const event of found.value.events) yield eventJson(event, zone.name, mostLines)
      at = found.value.next ?? Math.max(at, now.seq)
      if (found.value.next !== undefined) {
        // a reader hears that the connection lives while a long history is searched
        if (found.value.events.length === 0) yield undefined
        continue
      }
      await bell.wait(QUIET_MS, signal)
      if (!bell.rang) yield undefined
    }
  } finally {
    stop()
  }
}

/** Remembers that something happened until it is waited for. */
class Bell {
  rang = false
  private readonly waiting = new Set<() => void>()

  ring(): void {
    this.rang = true
    for (const wake of this.waiting) wake()
  }

  clear(): void {
    this.rang = false
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.rang || signal.aborted) return
    const over = new AbortController()
    const wake = () => over.abort()
    this.waiting.add(wake)
    await delay(ms, undefined, { signal: AbortSignal.any([over.signal, signal]) }).catch(() => {})
    this.waiting.delete(wake)
  }
}
