import { Class, Rcode, Type } from '../../../shared/dns/codes.ts'
import { decodeMessage } from '../../../shared/dns/message.ts'
import { canonicalName, type Name } from '../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { diffOf } from './fold.ts'
import { ownerKey } from './owner-key.ts'
import { type RRsetState, StateDraft } from './rrset-state.ts'

/** Which RRset of a zone. */
export interface RRsetKey {
  readonly owner: Buffer
  readonly type: number
}

/** An RRset after an event that changed or confirmed it. */
export interface StateRow extends RRsetKey {
  readonly seq: number
  readonly state: RRsetState
}

/** A name that an event asked about and that it neither changed nor confirmed. */
export interface AskedRow {
  readonly owner: Buffer
  readonly seq: number
}

export type IndexedEvent = Pick<ZoneEvent, 'seq' | 'diff' | 'message' | 'rcode'>

/** From here on an event's SOA is kept apart, so that it is found without reading the whole diff. */
export const LARGE_DIFF_OCTETS = 64 * 1024

/** What one event has to say of names: its diff, and what its message asked for. */
export interface Mentions {
  readonly seq: number
  readonly removed: readonly ResourceRecord[]
  readonly added: readonly ResourceRecord[]
  /** Values that an accepted message asked for. */
  readonly wanted: readonly ResourceRecord[]
  /** Owner names of the message's updates. */
  readonly asked: readonly Name[]
}

export function mentionsOf(event: IndexedEvent): Mentions {
  const diff = diffOf(event)
  const message = event.message.length === 0 ? undefined : decodeMessage(event.message)
  const updates = message?.ok ? message.value.authorities : []
  const isKept = diff !== undefined && event.diff.length > LARGE_DIFF_OCTETS
  return {
    seq: event.seq,
    removed: diff?.removed ?? [],
    added: isKept ? [diff.newSoa, ...diff.added] : (diff?.added ?? []),
    wanted: event.rcode === Rcode.NOERROR ? updates.filter((record) => record.class === Class.IN) : [],
    asked: [...new Set(updates.map(({ name }) => canonicalName(name)))],
  }
}

/** RRsets whose states {@link indexEvents} must know. */
export function rrsetsMentioned(apex: Name, events: readonly Mentions[]): RRsetKey[] {
  const keys = new Map<string, RRsetKey>()
  for (const { removed, added, wanted } of events)
    for (const record of [...removed, ...added, ...wanted]) {
      const owner = ownerKey(canonicalName(record.name), apex)
      if (owner !== undefined) keys.set(textOf(owner, record.type), { owner, type: record.type })
    }
  return [...keys.values()]
}

/** What the events leave behind for each RRset and name that they speak of; `known` are the states before them. */
export function indexEvents(
  apex: Name,
  known: readonly (RRsetKey & { readonly state: RRsetState })[],
  events: readonly Mentions[],
): { states: StateRow[]; asked: AskedRow[] } {
  const drafts = new Drafts(apex, known)
  const states: StateRow[] = []
  const asked: AskedRow[] = []
  for (const event of events) {
    const rows = drafts.take(event)
    states.push(...rows)
    const told = new Set(rows.map(({ owner }) => owner.toString('latin1')))
    for (const name of event.asked) {
      const owner = ownerKey(name, apex)
      if (owner !== undefined && !told.has(owner.toString('latin1'))) asked.push({ owner, seq: event.seq })
    }
  }
  return { states, asked }
}

class Drafts {
  private readonly apex: Name
  private readonly drafts = new Map<string, StateDraft>()

  constructor(apex: Name, known: readonly (RRsetKey & { readonly state: RRsetState })[]) {
    this.apex = apex
    for (const { owner, type, state } of known) this.drafts.set(textOf(owner, type), new StateDraft(state))
  }

  take({ seq, removed, added, wanted }: Mentions): StateRow[] {
    const touched = new Map<string, RRsetKey>()
    const draftOf = (record: ResourceRecord): { draft: StateDraft; touch: () => void } | undefined => {
      const owner = ownerKey(canonicalName(record.name), this.apex)
      if (owner === undefined) return undefined
      const { type } = record
      const key = textOf(owner, type)
      let draft = this.drafts.get(key)
      if (draft === undefined) {
        draft = new StateDraft({ name: record.name, type, ttl: record.ttl, records: [] })
        this.drafts.set(key, draft)
      }
      return { draft, touch: () => void touched.set(key, { owner, type }) }
    }
    for (const record of removed) {
      const found = draftOf(record)
      found?.draft.remove(record)
      found?.touch()
    }
    for (const record of added) {
      const found = draftOf(record)
      if (record.type === Type.SOA) found?.draft.replace(record, seq)
      else found?.draft.add(record, seq)
      found?.touch()
    }
    for (const record of wanted) {
      if (record.type === Type.SOA) continue
      const found = draftOf(record)
      if (found?.draft.confirm(record.rdata, seq)) found.touch()
    }
    return [...touched].map(([key, { owner, type }]) => ({
      owner,
      type,
      seq,
      state: this.drafts.get(key)!.state,
    }))
  }
}

function textOf(owner: Buffer, type: number): string {
  return `${type} ${owner.toString('latin1')}`
}
