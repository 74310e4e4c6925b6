import { typeToText } from '../../../../shared/dns/codes.ts'
import { decodeMessage, type Message } from '../../../../shared/dns/message.ts'
import { canonicalName, type GivenName, type Name } from '../../../../shared/dns/name.ts'
import { eventId } from '../../../../shared/event-id.ts'
import type { Verdict, ZoneEvent } from '../../../../shared/events/zone-event.ts'
import type { UpdateRule } from '../../../../shared/rules/update-rule.ts'
import type { ZoneContents } from '../../../../shared/zone-contents.ts'
import { decodeDiff } from '../../../../shared/zone-diff.ts'
import { DEFAULT_SETTINGS } from '../../../../shared/zone-settings.ts'
import { decide } from '../../decide/decide.ts'
import { isByRules } from '../../explain/explain.ts'
import { namesOf, touchedAsOf } from '../../explain/names-as-of.ts'
import { readTime } from '../../history/point.ts'
import { resolvePoint } from '../../history/resolve.ts'
import type { Db } from '../../store/admin-zones.ts'
import { eventSizesAfter, eventsAfter } from '../../store/events.ts'
import { placeFrom } from '../../store/history-events.ts'
import { done, failure, type Outcome } from '../failure.ts'
import { zoneNamed } from '../names.ts'
import { readRules } from './change-rules.ts'

export interface TryRequest {
  /** The proposed list, in order. */
  readonly rules: readonly string[]
  /** A time, or how long ago; all of the history unless given. */
  readonly since?: string
}

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
}

/** Events that are held at once, by number and by octets. */
const PAGE = 200
const PAGE_OCTETS = 8 << 20
const MOST_KINDS = 1_000
const EXAMPLES = 3

/**
 * Judges the recorded updates of a zone again under a proposed list, each with the contents that the zone had right before it, which its
 * history gives exactly. Events stream through; what is held does not grow with them.
 */
export async function tryRules(
  db: Db,
  zone: string,
  { rules: texts, since }: TryRequest,
  now: number,
): Promise<Outcome<TriedRules>> {
  const found = await zoneNamed(db, zone)
  if (!found.ok) return found
  const { id, name, seq: last } = found.value
  const read = readRules(texts, name)
  if (!read.ok) return read
  const from = since === undefined ? 0 : readTime(since, now)
  if (from === undefined)
    return failure(
      'bad-point',
      `since: '${since}' is no time: expected 2026-11-25T10:00Z, or how long ago (30d)`,
    )
  const tally = new Tally(name)
  const begin =
    since === undefined ? undefined : await resolvePoint(db, found.value, { kind: 'time', at: from }, now)
  // before the zone was, or all of it: the event that created it is no update
  let after = begin?.ok ? begin.value.seq : 1
  while (after < last) {
    const page = await nextPage(db, id, after, last)
    if (page.events.length > 0) {
      const judged = await judgePage(db, { id, name }, page.events, read.value, tally)
      if (!judged.ok) return judged
    }
    if (page.end === after) break
    after = page.end
  }
  return done(tally.result(since === undefined ? undefined : new Date(from).toISOString()))
}

/** What comes after an event; one that is too large to be held is passed over: no update is, only the contents of a file. */
async function nextPage(
  db: Db,
  zoneId: number,
  after: number,
  last: number,
): Promise<{ events: readonly ZoneEvent[]; end: number }> {
  const sizes = (await eventSizesAfter(db, zoneId, after, PAGE)).filter(({ seq }) => seq <= last)
  if ((sizes[0]?.octets ?? 0) > PAGE_OCTETS) return { events: [], end: after + 1 }
  let octets = 0
  let count = 0
  for (const { octets: size } of sizes) {
    octets += size
    if (octets > PAGE_OCTETS) break
    count++
  }
  const events = count === 0 ? [] : await eventsAfter(db, zoneId, after, count)
  return { events, end: events.at(-1)?.seq ?? after }
}

interface Read {
  readonly event: ZoneEvent
  readonly message: Message | undefined
}

/** The contents before the page once, then its own differences one after another. */
async function judgePage(
  db: Db,
  { id, name }: { id: number; name: Name },
  page: readonly ZoneEvent[],
  rules: readonly UpdateRule[],
  tally: Tally,
): Promise<Outcome<undefined>> {
  const read = page.map((event): Read => ({ event, message: messageOf(event) }))
  const messages = read.flatMap(({ message }) => message ?? [])
  if (messages.length === 0) return done(undefined)
  const place = await placeFrom(db, id, page[0]!.seq - 1)
  if (place === undefined) throw new Error(`zone ${name} has no event before ${page[0]!.seq}`)
  const names = namesOf(name, messages)
  const contents = await touchedAsOf(db, { ...place, zoneId: id, apex: name }, messages)
  if (!contents.ok) return contents
  for (const { event, message } of read) {
    if (message !== undefined) tally.add(event, message, judge(contents.value, rules, event, message))
    follow(contents.value, names, event)
  }
  return done(undefined)
}

function messageOf({ kind, message }: ZoneEvent): Message | undefined {
  const decoded = kind === 'update' ? decodeMessage(message) : undefined
  return decoded?.ok ? decoded.value : undefined
}

/** Limits are no rules, and what they refused then is not asked again. */
const NO_BOUNDS = {
  settings: { ...DEFAULT_SETTINGS, maxRecords: 0, maxRecordsPerRrset: 0, maxTypesPerName: 0 },
  recordCount: 0,
}

function judge(
  contents: ZoneContents,
  rules: readonly UpdateRule[],
  event: ZoneEvent,
  message: Message,
): Verdict {
  const { identity, source, transport, decidedAt } = event
  return decide(contents, rules, { message, identity, source, transport, now: decidedAt }, NO_BOUNDS).verdict
}

/** Only names that the page looks at are held, so only what a difference says of those is applied. */
function follow(
  contents: ZoneContents,
  names: ReadonlySet<Name>,
  { zoneId, seq, diff: octets }: ZoneEvent,
): void {
  if (octets.length === 0) return
  const diff = decodeDiff(octets)
  if (!diff.ok) throw new Error(`event ${zoneId}/${seq}: its diff does not read: ${diff.reason}`)
  const isHeld = ({ name }: { name: GivenName }) => names.has(canonicalName(name))
  const { oldSoa, removed, newSoa, added } = diff.value
  contents.apply({ oldSoa, removed: removed.filter(isHeld), newSoa, added: added.filter(isHeld) })
}

/** Sums up by kind; the number of kinds is bounded. */
class Tally {
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
