import { useEffect, useRef } from 'preact/hooks'
import { addressOf } from './client.ts'
import { keepOpen } from './event-stream.ts'
import type { Event } from './operations.ts'
import { findRRset } from './records.ts'
import { hidden, seen } from './seen.ts'

/** What others, or oneself, changed in a zone. */
export interface ZoneChanges {
  /** Owner names as they stand in records; undefined where any may have changed. */
  readonly names: readonly string[] | undefined
  /** The SOA record as it is now, as text; undefined where that is not known. */
  readonly soa: string | undefined
}

const GATHERED_MS = 400
/** With more names than these it is no longer worth while to look at each. */
const MOST_NAMES = 500

/**
 * Tells what changes in a zone after event `since`, some of it together; nothing before that is known. A page that nobody sees is told when it
 * is seen again, of everything at once.
 */
export function useZoneChanges(
  zone: string,
  since: number | undefined,
  tell: (changes: ZoneChanges) => void,
): void {
  const latest = useRef(tell)
  latest.current = tell
  const isReady = since !== undefined
  useEffect(() => {
    if (since === undefined) return
    const gone = new AbortController()
    void whileSeen(gone.signal, since, zone, (changes) => {
      // what was gathered of a zone is not told of the next
      if (!gone.signal.aborted) latest.current(changes)
    })
    return () => gone.abort()
  }, [zone, isReady])
}

async function whileSeen(
  gone: AbortSignal,
  since: number,
  zone: string,
  tell: (changes: ZoneChanges) => void,
): Promise<void> {
  let after = since
  while (!gone.aborted) {
    await follow(zone, after, AbortSignal.any([gone, hidden(gone)]), tell)
    await seen(gone)
    if (gone.aborted) return
    after = await findRRset(zone, zone, 'SOA').then(
      ({ seq }) => seq,
      () => after,
    )
    tell({ names: undefined, soa: undefined })
  }
}

async function follow(
  zone: string,
  since: number,
  gone: AbortSignal,
  tell: (changes: ZoneChanges) => void,
): Promise<void> {
  let after = since
  const gatherer = new Gatherer(tell)
  await keepOpen(
    () => addressOf('GET /v1/zones/{name}/events/stream', { path: { name: zone }, query: { after } }),
    gone,
    {
      live: () => {},
      lost: () => {},
      take: (data) => {
        const event: Event = JSON.parse(data)
        after = event.seq
        if (!gone.aborted) gatherer.add(event)
      },
    },
  )
}

/** Puts together what comes within a moment. */
class Gatherer {
  private readonly tell: (changes: ZoneChanges) => void
  private names: Set<string> | undefined = new Set()
  private soa: string | undefined
  private isDue = false

  constructor(tell: (changes: ZoneChanges) => void) {
    this.tell = tell
  }

  add({ removed, added, cut, soaAfter }: Event): void {
    if (soaAfter === undefined) return
    this.soa = soaAfter
    if (cut) this.names = undefined
    // blanks in names stand as \\032
    else for (const line of [...removed, ...added]) this.names?.add(line.split(' ', 1)[0]!)
    if (this.names !== undefined && this.names.size > MOST_NAMES) this.names = undefined
    if (this.isDue) return
    this.isDue = true
    setTimeout(() => this.flush(), GATHERED_MS)
  }

  private flush(): void {
    const { names, soa } = this
    this.isDue = false
    this.names = new Set()
    this.soa = undefined
    this.tell({ names: names && [...names], soa })
  }
}
