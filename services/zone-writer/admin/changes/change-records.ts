import type { Identity, Source, UpdateCommand } from '../../../../shared/commands.ts'
import { Class, Rcode, rcodeToText, Type } from '../../../../shared/dns/codes.ts'
import type { ResourceRecord } from '../../../../shared/dns/record.ts'
import { serialOf } from '../../../../shared/dns/soa.ts'
import { recordToText } from '../../../../shared/dns/zone-file-text.ts'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import type { Db, ZoneSummary } from '../../store/admin-zones.ts'
import { isCatalogZone } from '../../store/catalog-members.ts'
import { eventOfCommand } from '../../store/events.ts'
import { loadRRsets } from '../../store/rrsets.ts'
import type { AdminContext } from '../context.ts'
import { eventJson } from '../event-json.ts'
import { done, type Failure, failure, type Outcome } from '../failure.ts'
import { zoneNamed } from '../names.ts'
import { type AskedChange, type AskedCondition, type AskedRecords, readChanges } from './asked-changes.ts'
import { changeCommand, changeMessage } from './change-command.ts'
import { withPolicySerial } from './soa-serial.ts'
import { tryChanges } from './try-changes.ts'

export interface ChangesRequest {
  readonly changes: readonly AskedChange[]
  readonly prerequisites?: readonly AskedCondition[]
  /** Nothing is changed unless the zone has this serial when it is decided. */
  readonly ifSerial?: number
  readonly dryRun?: boolean
}

export interface ChangedRecords {
  readonly zone: string
  readonly dryRun: boolean
  /** Of the event that says so; not there after a dry run. */
  readonly eventId?: string
  readonly seq?: number
  /** `applied`, or `unchanged` where the zone already was as asked. */
  readonly reason: string
  readonly detail: string
  readonly serialBefore: number
  readonly serial: number
  /** Without the SOA. */
  readonly removed: readonly string[]
  readonly added: readonly string[]
}

/** Sends commands to whoever decides them, and tells when a zone may have a new event. */
export interface CommandLine {
  /** `refused`: certainly not taken, so it never will be decided. */
  readonly send: (command: UpdateCommand) => Promise<'sent' | 'refused' | 'unknown'>
  readonly whenEvent: (zoneId: number, ring: () => void) => () => void
  readonly ttlMs: number
}

interface Sender {
  readonly by: Identity
  readonly source: Source
  readonly idempotencyKey: string | undefined
}

/**
 * Changes records of a zone by one UPDATE that goes the way of every other: into the stream, and decided by the writer of the zone
 * against what it is then (P9), with an event whatever the outcome (P5). `ifSerial` is a prerequisite on the SOA record, whose
 * serial moves with each change (P7).
 */
export async function changeRecords(
  admin: AdminContext,
  line: CommandLine,
  name: string,
  request: ChangesRequest,
  sender: Sender,
): Promise<Outcome<ChangedRecords>> {
  const zone = await zoneNamed(admin.db, name)
  if (!zone.ok) return zone
  if (await isCatalogZone(admin.db, zone.value.name))
    return failure('bad-update', `${zone.value.name} is a catalog zone, which zonelog keeps itself.`)
  const asked = readChanges(zone.value.name, request.changes, request.prerequisites ?? [])
  if (!asked.ok) return asked
  const { dryRun = false } = request
  const given = { records: asked.value, ifSerial: request.ifSerial }
  const wanted = await withPolicySerial(admin.db, zone.value, request.changes, given, admin.now())
  const { ifSerial } = wanted
  const guarded = await withSerial(admin.db, zone.value, wanted.records, ifSerial)
  const records = guarded.ok ? guarded.value : wanted.records
  const { dryRun: _, ...whole } = request
  const stamp = { ...sender, asked: whole, writerId: admin.writerId, now: admin.now(), ttlMs: line.ttlMs }
  const command = changeCommand(zone.value, records, stamp)
  if (!command.ok) return command
  if (sender.idempotencyKey !== undefined) {
    // what was sent before is answered as it was then, though the serial be another by now
    const first = await eventOfCommand(admin.db, command.value.id)
    if (first !== undefined) return await settled(admin.db, zone.value, first, ifSerial, command.value)
  }
  if (!guarded.ok) return guarded
  if (dryRun) return await tried(admin, zone.value, records, { ...stamp, ifSerial })
  const event = await decided(admin, line, command.value)
  if (!event.ok) return event
  return await settled(admin.db, zone.value, event.value, ifSerial, command.value)
}

/** With the SOA that has this serial as a prerequisite (§2.4.2). */
async function withSerial(
  db: Db,
  { id, name }: ZoneSummary,
  records: AskedRecords,
  ifSerial: number | undefined,
): Promise<Outcome<AskedRecords>> {
  if (ifSerial === undefined) return done(records)
  const stored = await loadRRsets(db, [id], [name])
  const soa = stored.find(({ rrset }) => rrset.type === Type.SOA)?.rrset.rdata[0]
  if (soa === undefined) throw new Error(`zone ${name} has no SOA record`)
  if (serialOf(soa) !== ifSerial) return serialChanged(name, serialOf(soa), ifSerial)
  const prerequisite: ResourceRecord = { name, type: Type.SOA, class: Class.IN, ttl: 0, rdata: soa }
  return done({ ...records, prerequisites: [prerequisite, ...records.prerequisites] })
}

function serialChanged(name: string, serial: number, ifSerial: number): Failure {
  return failure(
    'serial-changed',
    `The zone ${name} has the serial ${serial} and not ${ifSerial}; nothing was changed. Look at it again.`,
  )
}

async function tried(
  admin: AdminContext,
  zone: ZoneSummary,
  records: AskedRecords,
  sender: Sender & { readonly now: number; readonly ifSerial: number | undefined },
): Promise<Outcome<ChangedRecords>> {
  const message = changeMessage(zone.name, records, 0)
  if (!message.ok) return message
  const decision = await tryChanges(admin.db, zone, message.value, sender)
  const { rcode, reason, detail } = decision.verdict
  if (decision.kind === 'rejected') return refused(rcode, reason, detail, 'it would be refused')
  const diff = decision.kind === 'changed' ? decision.diff : { removed: [], added: [] }
  return done({
    ...{ zone: zone.name, dryRun: true, reason, detail, serialBefore: zone.serial },
    serial: decision.kind === 'changed' ? decision.serial : zone.serial,
    removed: diff.removed.map(recordToText),
    added: diff.added.map(recordToText),
  })
}

/** For how long after its deadline a command's event is still looked for: a commit may be under way. */
const GRACE_MS = 3_000
const LOOK_MS = 500

/** The event of a command, once it is there. */
async function decided(
  admin: AdminContext,
  { send, whenEvent }: CommandLine,
  command: UpdateCommand,
): Promise<Outcome<ZoneEvent>> {
  let wake = () => {}
  let rang = false
  const stop = whenEvent(command.zoneId, () => {
    rang = true
    wake()
  })
  try {
    const sent = await send(command)
    if (sent === 'refused')
      return failure(
        'not-accepted',
        'NATS does not take commands now; nothing was changed. Try again in a few seconds.',
      )
    const end = performance.now() + command.deadline - command.receivedAt + GRACE_MS
    while (performance.now() < end) {
      rang = false
      const event = await eventOfCommand(admin.db, command.id)
      if (event !== undefined) return done(event)
      if (rang) continue
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  } finally {
    stop()
  }
  return failure(
    'outcome-unknown',
    `Nobody has decided this yet, and it may still be: send it again with the same Idempotency-Key, or look for event ${command.id}.`,
  )
}

/** What an event says, to whoever asked for it. */
async function settled(
  db: Db,
  zone: ZoneSummary,
  event: ZoneEvent,
  ifSerial: number | undefined,
  { fingerprint }: UpdateCommand,
): Promise<Outcome<ChangedRecords>> {
  if (Buffer.compare(event.fingerprint, fingerprint) !== 0)
    return failure(
      'idempotency-key-used',
      `The Idempotency-Key stands for other changes, of event #${event.seq}.`,
    )
  const { rcode, reason, detail } = event
  if (rcode !== Rcode.NOERROR) {
    const now =
      ifSerial === undefined || reason !== 'prerequisite' ? undefined : await zoneNamed(db, zone.name)
    if (now?.ok && now.value.serial !== ifSerial) return serialChanged(zone.name, now.value.serial, ifSerial!)
    return refused(rcode, reason, detail, `event #${event.seq}`)
  }
  const { serialBefore, serialAfter: serial, removed, added, eventId, seq } = eventJson(event, zone.name)
  return done({
    zone: zone.name,
    dryRun: false,
    eventId,
    seq,
    reason,
    detail,
    serialBefore,
    serial,
    removed,
    added,
  })
}

function refused(rcode: number, reason: string, detail: string, where: string): Failure {
  const code =
    reason === 'expired'
      ? 'not-accepted'
      : reason === 'prerequisite'
        ? 'prerequisite-failed'
        : 'update-refused'
  return failure(code, `Nothing was changed (${rcodeToText(rcode)}, ${reason}, ${where}): ${detail}`, [], {
    reason,
    rcode: rcodeToText(rcode),
  })
}
