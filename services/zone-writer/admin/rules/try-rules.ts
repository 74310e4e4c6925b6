import { setImmediate } from 'node:timers/promises'
import { decodeMessage, type Message } from '../../../../shared/dns/message.ts'
import { canonicalName, type GivenName, type Name } from '../../../../shared/dns/name.ts'
import type { Verdict, ZoneEvent } from '../../../../shared/events/zone-event.ts'
import type { UpdateRule } from '../../../../shared/rules/update-rule.ts'
import type { ZoneContents } from '../../../../shared/zone-contents.ts'
import { decodeDiff } from '../../../../shared/zone-diff.ts'
import { DEFAULT_SETTINGS } from '../../../../shared/zone-settings.ts'
import { decide } from '../../decide/decide.ts'
import { namesOf, touchedAsOf } from '../../explain/names-as-of.ts'
import { Tally, type TriedRules } from '../../explain/tally.ts'
import { readTime } from '../../history/point.ts'
import { resolvePoint } from '../../history/resolve.ts'
import type { Db, ZoneSummary } from '../../store/admin-zones.ts'
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
  /** `next` of the answer before; goes on behind that event, whatever `since` says. */
  readonly after?: number
  /** Events that one answer is about. */
  readonly limit?: number
}

/** Of one answer, so that it does not take long: some seconds. */
export const MOST_TRIED = 100_000

export interface TrialOptions {
  readonly pageSize?: number
  /** Ends the trial, which throws its reason. */
  readonly signal?: AbortSignal
}

/** Events that are held at once, by number and by octets. */
const PAGE = 200
const PAGE_OCTETS = 8 << 20

/**
 * Judges the recorded updates of a zone again under a proposed list, each with the contents that the zone had right before it, which its
 * history gives exactly. Events stream through; what is held does not grow with them, and after some the answer says where to go on.
 */
export async function tryRules(
  db: Db,
  zone: string,
  { rules: texts, since, after: given, limit = MOST_TRIED }: TryRequest,
  now: number,
  { pageSize = PAGE, signal }: TrialOptions = {},
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
  let after = given ?? (await lastBefore(db, found.value, from, now))
  const end = Math.min(last, after + limit)
  while (after < end) {
    signal?.throwIfAborted()
    const page = await nextPage(db, id, after, end, pageSize)
    if (page.events.length > 0) {
      const judged = await judgePage(db, { id, name }, page.events, read.value, tally)
      if (!judged.ok) return judged
    }
    if (page.end === after) break
    after = page.end
  }
  const said = tally.result(since === undefined ? undefined : new Date(from).toISOString())
  return done(end < last ? { ...said, next: end } : said)
}

/** The event after which the time begins. Before the zone was, that is the one that created it, which is no update. */
async function lastBefore(db: Db, zone: ZoneSummary, from: number, now: number): Promise<number> {
  if (from > now) return zone.seq
  const point = await resolvePoint(db, zone, { kind: 'time', at: from }, now)
  return point.ok ? point.value.seq : 1
}

/** What comes after an event; one that is too large to be held is passed over: no update is, only the contents of a file. */
async function nextPage(
  db: Db,
  zoneId: number,
  after: number,
  last: number,
  pageSize: number,
): Promise<{ events: readonly ZoneEvent[]; end: number }> {
  const sizes = (await eventSizesAfter(db, zoneId, after, pageSize)).filter(({ seq }) => seq <= last)
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
    // this process also commits updates
    await setImmediate()
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
