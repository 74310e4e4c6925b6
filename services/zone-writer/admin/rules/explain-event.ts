import { decodeMessage } from '../../../../shared/dns/message.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import { eventId } from '../../../../shared/event-id.ts'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import { DEFAULT_SETTINGS } from '../../../../shared/zone-settings.ts'
import { type Explanation, explain } from '../../explain/explain.ts'
import { touchedAsOf } from '../../explain/names-as-of.ts'
import type { Db } from '../../store/admin-zones.ts'
import { newestEvents } from '../../store/events.ts'
import { placeFrom } from '../../store/history-events.ts'
import { ruleChangesSince, rulesAt } from '../../store/rule-changes.ts'
import { loadRules } from '../../store/rules.ts'
import { done, failure, type Outcome } from '../failure.ts'
import { zoneNamed } from '../names.ts'
import { requestText } from '../request-text.ts'
import { type VerdictJson, verdictJson } from './explain-update.ts'
import { readStoredRules } from './stored-rules.ts'

/** A change of the rules after the decision. */
export interface LaterChange {
  readonly version: number
  readonly at: string
  readonly by: string
  readonly change: string
  readonly detail: string
}

export interface ExplainedEvent extends Omit<Explanation, 'verdict' | 'allowed'> {
  readonly zone: Name
  /** `example.com#42`. */
  readonly event: string
  readonly eventId: string
  readonly time: string
  readonly by: string
  /** What was asked for, in the words of nsupdate. */
  readonly prerequisites: readonly string[]
  readonly updates: readonly string[]
  /** What was decided then. */
  readonly recorded: VerdictJson
  /** What the present rules would decide, with the contents that the zone had then. */
  readonly now: VerdictJson
  readonly ruleCount: number
  readonly rulesChanged: readonly LaterChange[]
  readonly notes: readonly string[]
}

/**
 * Why an update got its outcome: judged again with the contents right before it, which its history gives exactly, under the rules of
 * its time for the trace, and under the present ones for what would become of it now.
 */
export async function explainEvent(db: Db, zone: string, seq: number): Promise<Outcome<ExplainedEvent>> {
  const found = await zoneNamed(db, zone)
  if (!found.ok) return found
  const { id, name } = found.value
  const [event] = await newestEvents(db, id, 1, seq + 1)
  if (event?.seq !== seq)
    return failure(
      'event-not-found',
      `Zone ${name} has no event ${seq}; its events are 1 to ${found.value.seq}.`,
    )
  const message = decodeMessage(event.message)
  if (event.kind !== 'update' || !message.ok)
    return failure(
      'not-explained',
      `Event ${eventId(name, seq)} is no update that rules were asked about: ${event.detail}`,
    )
  const place = await placeFrom(db, id, seq - 1)
  const contents = await touchedAsOf(db, { ...place!, zoneId: id, apex: name }, [message.value])
  if (!contents.ok) return contents

  const present = (await loadRules(db, [id])).get(id) ?? []
  const later = await ruleChangesSince(db, id, new Date(event.decidedAt))
  const then = later.length === 0 ? present : ((await rulesAt(db, id, new Date(event.decidedAt))) ?? present)
  const judged = (rules: readonly string[]) =>
    explain(contents.value, readStoredRules(rules, name), requestOf(event, message.value), NO_BOUNDS)
  const { verdict: again, allowed: _, ...explained } = judged(then)
  const now = judged(present)
  const changed = later.map(({ at, ...change }) => ({ ...change, at: at.toISOString() }))
  return done({
    zone: name,
    event: eventId(name, seq),
    eventId: event.commandId,
    time: new Date(event.decidedAt).toISOString(),
    by: event.identity,
    ...(requestText(event.message) ?? { prerequisites: [], updates: [] }),
    ...explained,
    wanted: now.wanted,
    recorded: verdictJson(event),
    now: verdictJson(now.verdict),
    ruleCount: present.length,
    rulesChanged: changed,
    notes: notesOn(event, again.reason, then === present || later.length === 0),
  })
}

/** The zone's limits are not part of its history, so that what they refused is not judged again. */
const NO_BOUNDS = {
  settings: { ...DEFAULT_SETTINGS, maxRecords: 0, maxRecordsPerRrset: 0, maxTypesPerName: 0 },
  recordCount: 0,
}

function requestOf(
  { identity, source, transport, decidedAt }: ZoneEvent,
  message: Parameters<typeof explain>[2]['message'],
) {
  return { message, identity, source, transport, now: decidedAt }
}

function notesOn(event: ZoneEvent, again: string, sameRules: boolean): string[] {
  if (event.reason === 'limit')
    return ['a limit of the zone refused it; limits are settings and not looked at here: `zonelog zone show`']
  if (event.reason === again || event.reason === 'expired' || event.reason === 'fault') return []
  const rules = sameRules ? 'the rules of its time were not kept' : 'the rules of its time'
  return [`judged again it is '${again}': ${rules}`]
}
