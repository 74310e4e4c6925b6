import type { EdgeSecondaries } from '../../../shared/messaging/secondaries-service.ts'
import { merged } from '../admin/secondaries.ts'
import { type Alarm, secondaryAlarms } from './alarms.ts'

interface NotifyingZone {
  readonly id: number
  readonly name: string
}

/** What is shared by all readers. */
interface Look {
  readonly zones: readonly NotifyingZone[]
  readonly found: ReadonlyMap<number, readonly Alarm[]>
}

export interface SecondariesSeen {
  readonly alarms: readonly Alarm[]
  /** Zones that name servers to notify. */
  readonly zones: number
  /** Of those, how many were asked about since this writer was started. */
  readonly seen: number
}

/** Zones that edges are asked about at a time. */
const AT_ONCE = 20
const FRESH_MS = 10_000

/**
 * Asks edges about the secondaries of some zones at a time, the next ones each time, and remembers what was found of the others. All readers
 * share what was found in the last 10 s.
 */
export class SecondaryWatch {
  private readonly ask: (zoneId: number) => Promise<readonly EdgeSecondaries[]>
  private readonly found = new Map<number, readonly Alarm[]>()
  private last: { readonly at: number; readonly look: Promise<Look> } | undefined
  private after = ''

  constructor(ask: (zoneId: number) => Promise<readonly EdgeSecondaries[]>) {
    this.ask = ask
  }

  /**
   * `list` reads all zones that notify, in the order of their names. `now`: ms since the epoch. Told is of zones that the reader may see.
   */
  async look(
    list: () => Promise<readonly NotifyingZone[]>,
    now: number,
    isSeen: (zone: string) => boolean = () => true,
  ): Promise<SecondariesSeen> {
    if (this.last === undefined || now - this.last.at >= FRESH_MS) {
      const look = this.lookAnew(list, now)
      this.last = { at: now, look }
      // what failed is not kept
      look.catch(() => {
        this.last = undefined
      })
    }
    const { zones, found } = await this.last.look
    const own = zones.filter(({ name }) => isSeen(name))
    const told = own.flatMap(({ id }) => (found.has(id) ? [found.get(id)!] : []))
    return { alarms: told.flat(), zones: own.length, seen: told.length }
  }

  private async lookAnew(list: () => Promise<readonly NotifyingZone[]>, now: number): Promise<Look> {
    const zones = await list()
    const turn = nextTurn(zones, this.after)
    this.after = turn.at(-1)?.name ?? ''
    await Promise.all(
      turn.map(async ({ id, name }) => {
        // edges that do not answer are an alarm of their own
        const replies = await this.ask(id).catch(() => undefined)
        if (replies !== undefined) this.found.set(id, secondaryAlarms(name, merged(replies).secondaries, now))
      }),
    )
    const living = new Set(zones.map(({ id }) => id))
    for (const id of this.found.keys()) if (!living.has(id)) this.found.delete(id)
    return { zones, found: new Map(this.found) }
  }
}

/** The zones behind a name, and on from the first after the last. */
function nextTurn(zones: readonly NotifyingZone[], after: string): readonly NotifyingZone[] {
  const from = zones.findIndex(({ name }) => name > after)
  const start = from === -1 ? 0 : from
  return [...zones.slice(start), ...zones.slice(0, start)].slice(0, AT_ONCE)
}
