import { setTimeout as delay } from 'node:timers/promises'
import { eventJson } from '../admin/event-json.ts'
import { type EventFilter, searchEvents } from '../history/search.ts'
import { findZoneById, type ZoneSummary } from '../store/admin-zones.ts'
import type { ApiContext } from './context.ts'

const PAGE = 200
/** Without word of an event the database is asked all the same, and the reader hears that the connection lives. */
const QUIET_MS = 5_000

/** Events after `after` as lines of JSON, those that are there and then those that come, until `signal`. */
export async function* followedEvents(
  { admin, whenEvent }: Pick<ApiContext, 'admin' | 'whenEvent'>,
  zone: ZoneSummary,
  filter: EventFilter,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const bell = new Bell()
  const stop = whenEvent(zone.id, () => bell.ring())
  let at = after
  try {
    // so that the reader has the headers at once
    yield '\n'
    while (!signal.aborted) {
      bell.clear()
      const now = await findZoneById(admin.db, zone.id)
      if (now === undefined) return
      const found = await searchEvents(admin.db, now, filter, { newestFirst: false, limit: PAGE, after: at })
      if (!found.ok) throw new Error(found.message)
      for (const event of found.value.events) yield `${JSON.stringify(eventJson(event, zone.name))}\n`
      at = found.value.next ?? Math.max(at, now.seq)
      if (found.value.next !== undefined) continue
      await bell.wait(QUIET_MS, signal)
      if (!bell.rang) yield '\n'
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
