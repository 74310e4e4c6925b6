import { EVENT_KINDS } from '../../../../shared/events/zone-event.ts'
import type { HttpNote } from '../../../../shared/http-note.ts'
import type { Preview } from '../../admin/contents/preview.ts'
import type { EventJson } from '../../admin/event-json.ts'
import type { MessageJson, SignatureJson } from '../../admin/event-message.ts'
import type { EventPage } from '../../admin/read-events.ts'
import type { RefusalJson, RefusalPage } from '../../admin/read-refusals.ts'
import type { RequestText } from '../../admin/request-text.ts'
import type { RestoredZone } from '../../admin/restore-zone.ts'
import type { ConflictJson, NamedEvent, NoteJson } from '../../admin/undo-conflicts.ts'
import type { UndoneZone } from '../../admin/undo-zone.ts'
import type { BlameLine, LeaseEnd, Origin } from '../../history/blame.ts'
import { answerOf, count, flag, listOf, named, oneOf, orNull, text, time } from '../openapi/schema.ts'

const records = listOf(text('As a line of a zone file.'))
const by = text('Such as key:laptop., sig0:NAME, unsigned, api:TOKEN, system.')

const request = answerOf<RequestText>(
  'RequestText',
  { prerequisites: listOf(text()), updates: listOf(text()) },
  {},
)

const source = answerOf<EventJson['source']>('Source', { address: text(), port: count() }, {})

export const event = answerOf<EventJson>(
  'Event',
  {
    schema: { const: 'zonelog.event/1' },
    eventId: text('Stable and unique: the id of the command.'),
    zone: text(),
    seq: count('From 1, without a gap in each zone.'),
    kind: oneOf(EVENT_KINDS),
    time: time('When it was decided.'),
    receivedAt: time('By the clock of the edge.'),
    queuedAt: time('By the clock of NATS.'),
    decidedAt: time(),
    by,
    source,
    transport: text(),
    edge: text('The edge that took it, or the writer.'),
    outcome: text('An rcode such as NOERROR or REFUSED.'),
    section: text('The step that decided; empty when applied.'),
    reason: text('Stable word, see docs/operations.md.'),
    detail: text('A sentence for people.'),
    rule: text('The update rule that decided; empty when none did.'),
    serialBefore: count(),
    serialAfter: count(),
    removedCount: count(),
    addedCount: count(),
    removed: records,
    added: records,
    hash: text('SHA-256 of the event, which holds the hash before it.'),
  },
  {
    soaBefore: text(),
    soaAfter: text(),
    cut: { const: true, description: 'Not all records are shown; the event alone shows them.' },
    request,
    http: answerOf<HttpNote>(
      'HttpRequest',
      { form: text('Such as dyndns2.') },
      { token: text('The token that stood for the key.') },
    ),
  },
)

const signature = answerOf<SignatureJson>(
  'MessageSignature',
  { kind: oneOf(['tsig', 'sig0']), key: text(), signedAt: time() },
  {},
)

export const eventMessageAnswer = answerOf<MessageJson>(
  'EventMessage',
  {
    zone: text(),
    seq: count(),
    id: count(),
    opcode: count(),
    zoneSection: listOf(text('NAME CLASS TYPE.')),
    prerequisites: records,
    updates: records,
    additionals: records,
    octets: text('As it was received, base64.'),
  },
  { udpSize: count(), signature },
)

export const eventPage = answerOf<EventPage>(
  'EventPage',
  { events: listOf(event) },
  {
    next: count(
      '`before` (or `after`, oldest first) of the page that follows; not there on the last. A page may be short or empty, and not the last.',
    ),
  },
)

export const eventPlace = answerOf<{ zone: string; seq: number }>(
  'EventPlace',
  { zone: text(), seq: count() },
  {},
)

export const difference = answerOf<Preview>(
  'Difference',
  { removed: records, added: records },
  { cut: { const: true, description: 'There is more than is shown.' } },
)

const restoredTo = answerOf<RestoredZone['to']>('Moment', { seq: count(), serial: count(), time: time() }, {})

/** As JSON; two other forms are text. */
export const diff = named('Diff', {
  type: 'object',
  required: ['schema', 'zone', 'from', 'to', 'removed', 'added'],
  properties: {
    schema: { const: 'zonelog.diff/1' },
    zone: text(),
    from: restoredTo,
    to: restoredTo,
    removed: records,
    added: records,
  },
})

export const diffHead = named('DiffHead', {
  type: 'object',
  required: ['schema', 'zone', 'from', 'to'],
  properties: { schema: { const: 'zonelog.diff/1' }, zone: text(), from: restoredTo, to: restoredTo },
})

export const diffLine = named('DiffOfRRset', {
  type: 'object',
  required: ['removed', 'added'],
  properties: { removed: records, added: records },
})

const putBack = {
  name: text(),
  dryRun: flag(),
  basedOn: count('`ifSeq` of a request that is to do just this.'),
  serialBefore: count(),
  serial: count('As before when nothing changed; what it would be, after a dry run.'),
  removed: count('Records, without the SOA.'),
  added: count(),
  difference,
}

const seq = count('Of the event that says so; not there after a dry run.')

export const restoredZone = answerOf<RestoredZone>(
  'RestoredZone',
  { ...putBack, to: restoredTo },
  { seq, note: text() },
)

const namedEvent = answerOf<NamedEvent>('NamedEvent', { seq: count(), kind: text(), by, time: time() }, {})

const conflict = answerOf<ConflictJson>(
  'Conflict',
  {
    record: text(),
    would: oneOf(['add', 'remove', 'ttl']),
    reason: text(),
    undone: namedEvent,
    forced: flag('Whether it was, or would be, taken back all the same.'),
    message: text(),
  },
  { since: namedEvent },
)

const note = answerOf<NoteJson>('Note', { name: text(), event: namedEvent, message: text() }, {})

const undone = answerOf<UndoneZone['events']>(
  'UndoneEvents',
  { count: count(), first: count(), last: count() },
  {},
)

export const undoneZone = answerOf<UndoneZone>(
  'UndoneZone',
  { ...putBack, events: undone, conflictCount: count(), conflicts: listOf(conflict), notes: listOf(note) },
  { seq, since: time(), until: time() },
)

const origin = answerOf<Origin>(
  'Origin',
  {
    seq: count(),
    eventId: text(),
    time: time(),
    by,
    address: text(),
    transport: text(),
    kind: text(),
    rule: text(),
  },
  {},
)

const leaseEnd = answerOf<LeaseEnd>(
  'LeaseEnd',
  { seconds: count('The lease.'), endsAt: time() },
  { heldBy: text('Who keeps the value whether it is refreshed or not.') },
)

export const blameLine = answerOf<BlameLine>(
  'BlameLine',
  {
    schema: { const: 'zonelog.blame/1' },
    name: text(),
    ttl: count(),
    type: text(),
    value: text(),
    set: origin,
    replaced: records,
    confirmed: origin,
  },
  { lease: leaseEnd },
)

const refusal = answerOf<RefusalJson>(
  'Refusal',
  {
    id: count(),
    auditId: text('What the client was told, as `ref`.'),
    edge: text(),
    firstAt: time(),
    lastAt: time(),
    reason: text(),
    outcome: orNull(text('What was answered; null for silence.')),
    source: text(),
    claimedKey: text(),
    zone: text(),
    count: count(),
    detail: text(),
    remedy: text('What to do.'),
  },
  {},
)

export const refusalPage = answerOf<RefusalPage>(
  'RefusalPage',
  { refusals: listOf(refusal) },
  { next: count('`before` of the page that follows; not there on the last.') },
)
