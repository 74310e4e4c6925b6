import { typeToText } from '../../../shared/dns/codes.ts'
import type { Message } from '../../../shared/dns/message.ts'
import { canonicalName, type Name } from '../../../shared/dns/name.ts'
import { eventId } from '../../../shared/event-id.ts'
import type { Verdict, ZoneEvent } from '../../../shared/events/zone-event.ts'
import { isByRules } from './explain.ts'

/** Updates alike in who asked, and for what, that the proposed list would judge otherwise. */
export interface ChangedVerdict {
  readonly change: 'newly refused' | 'newly allowed'
  readonly by: string
  readonly source: string
  readonly name: string
  readonly type: string
  readonly count: number
  /** Some of the events, the newest last. */
  readonly events: readonly string[]
  /** Of the newest. */
  readonly reason: string
  readonly detail: string
}

export interface TriedRules {
  readonly zone: Name
  readonly since: string | undefined
  readonly updates: number
  readonly refusedThen: number
  readonly refusedNow: number
  readonly newlyRefused: number
  readonly newlyAllowed: number
  /** The most frequent first; `hidden` kinds more are counted only. */
  readonly changed: readonly ChangedVerdict[]
  readonly hidden: number
  /** The last event that this is about, where there are more: `after` of the request that goes on. */
  readonly next?: number
}

const MOST_KINDS = 1_000
const EXAMPLES = 3

/** Sums up by kind; the number of kinds is bounded. */
export class Tally {
  private readonly zone: Name
  private readonly kinds = new Map<string, Mutable<ChangedVerdict>>()
  private hidden = 0
  private readonly counts = { updates: 0, refusedThen: 0, refusedNow: 0, newlyRefused: 0, newlyAllowed: 0 }

  constructor(zone: Name) {
    this.zone = zone
  }

  add(event: ZoneEvent, message: Message, now: Verdict): void {
    const [then, again] = [isByRules(event.reason), isByRules(now.reason)]
    this.counts.updates += 1
    if (then) this.counts.refusedThen += 1
    if (again) this.counts.refusedNow += 1
    if (then === again) return
    this.counts[again ? 'newlyRefused' : 'newlyAllowed'] += 1
    const change = again ? 'newly refused' : 'newly allowed'
    const shown = again ? now : event
    for (const { name, type } of subjects(message))
      this.note({ change, by: event.identity, source: event.source.address, name, type }, event, shown)
  }

  result(since: string | undefined): TriedRules {
    const changed = [...this.kinds.values()].toSorted((a, b) => b.count - a.count)
    return { zone: this.zone, since, ...this.counts, changed, hidden: this.hidden }
  }

  private note(kind: Kind, { seq }: ZoneEvent, { reason, detail }: Verdict): void {
    const key = Object.values(kind).join(' ')
    const known = this.kinds.get(key)
    if (known === undefined && this.kinds.size >= MOST_KINDS) {
      this.hidden += 1
      return
    }
    const events = [...(known?.events ?? []), eventId(this.zone, seq)].slice(-EXAMPLES)
    this.kinds.set(key, { ...kind, count: (known?.count ?? 0) + 1, events, reason, detail })
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Kind = Pick<ChangedVerdict, 'change' | 'by' | 'source' | 'name' | 'type'>

/** The names and types of an update, each once. */
function subjects({ authorities }: Message): { name: string; type: string }[] {
  const all = authorities.map(({ name, type }) => ({ name: canonicalName(name), type: typeToText(type) }))
  return [...new Map(all.map((each) => [`${each.type} ${each.name}`, each])).values()]
}
