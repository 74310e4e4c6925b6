import { Class, typeToText } from '../../../shared/dns/codes.ts'
import type { GivenName } from '../../../shared/dns/name.ts'
import { recordToText } from '../../../shared/dns/zone-file-text.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { Note } from '../history/undo/name-undo.ts'
import type { Conflict, ConflictReason } from '../history/undo/steps.ts'

/** An event in a few words. `time` is ISO 8601. */
export interface NamedEvent {
  readonly seq: number
  readonly kind: string
  readonly by: string
  readonly time: string
}

export interface ConflictJson {
  /** The record, or the RRset where its TTL is meant. */
  readonly record: string
  /** What taking it back does to it. */
  readonly would: 'add' | 'remove' | 'ttl'
  readonly reason: ConflictReason
  /** The event that was to be undone, and the one that speaks of it since. */
  readonly undone: NamedEvent
  readonly since?: NamedEvent
  /** Whether it was, or would be, taken back all the same. */
  readonly forced: boolean
  readonly message: string
}

export interface NoteJson {
  readonly name: string
  readonly event: NamedEvent
  readonly message: string
}

type Known = Pick<ZoneEvent, 'kind' | 'identity' | 'decidedAt'>

/** Words conflicts and notes, with the events that they name. */
export class Reasons {
  private readonly events: ReadonlyMap<number, Known>

  constructor(events: ReadonlyMap<number, Known>) {
    this.events = events
  }

  conflict({ name, type, would, rdata, ttl, undone, since, reason, forced }: Conflict): ConflictJson {
    const owner = name as GivenName
    const record =
      rdata === undefined
        ? `${name} ${typeToText(type)}`
        : recordToText({ name: owner, type, class: Class.IN, ttl, rdata })
    const [was, other] = [this.named(undone), since === undefined ? undefined : this.named(since)]
    const did =
      would === 'ttl' ? `not set to TTL ${ttl}` : would === 'add' ? 'not put back' : 'not taken away'
    const head = forced ? `${record}: taken back all the same` : `${record}: ${did}`
    const why = BECAUSE[reason](other === undefined ? 'another event' : textOf(other))
    return {
      record,
      would,
      reason,
      undone: was,
      ...(other === undefined ? {} : { since: other }),
      forced,
      message: `${head} (${textOf(was)}): ${why}`,
    }
  }

  note({ name, seq, kind }: Note): NoteJson {
    const event = this.named(seq)
    const what =
      kind === 'ignored'
        ? 'asked for something here that had no effect then'
        : 'asked here what was there before it changed something (prerequisites)'
    return { name, event, message: `${name}: ${textOf(event)} ${what}; it is kept as it is` }
  }

  private named(seq: number): NamedEvent {
    const event = this.events.get(seq)
    if (event === undefined) return { seq, kind: '', by: '', time: '' }
    return { seq, kind: event.kind, by: event.identity, time: new Date(event.decidedAt).toISOString() }
  }
}

function textOf({ seq, kind, by, time }: NamedEvent): string {
  return kind === '' ? `#${seq}` : `#${seq}, ${kind} by ${by}, ${time}`
}

const BECAUSE: { readonly [R in ConflictReason]: (other: string) => string } = {
  'confirmed-since': (other) => `since asked for by ${other}`,
  'removed-since': (other) => `since asked to be gone by ${other}`,
  'replaced-since': (other) => `since replaced by ${other}`,
  'ttl-since': (other) => `the TTL was since set by ${other}`,
  'imported-since': (other) => `since stated so by ${other}`,
  'ignored-since': (other) => `since it was there something else had no effect, see ${other}`,
  apex: () => 'the apex would have no NS record',
  singleton: (other) => `it would stand beside what ${other} put there, which cannot be`,
}
