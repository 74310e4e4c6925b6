import { createHash, randomUUID } from 'node:crypto'
import type { Identity, Source } from '../../../shared/commands.ts'
import { Rcode } from '../../../shared/dns/codes.ts'
import { canonicalName, type GivenName, type Name } from '../../../shared/dns/name.ts'
import { serialOf } from '../../../shared/dns/soa.ts'
import { chainEvent, NO_HASH } from '../../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { UpdateRule } from '../../../shared/rules/update-rule.ts'
import { ZoneContents } from '../../../shared/zone-contents.ts'
import { decodeDiff, encodeDiff } from '../../../shared/zone-diff.ts'
import { type DbTransaction, insertZone, inTransaction } from '../store/admin-zones.ts'
import { insertEvents } from '../store/events.ts'
import { saveRRsets } from '../store/rrsets.ts'
import { insertRules } from '../store/rules.ts'
import { advanceZones } from '../store/zones.ts'
import { rulesFrom, unknownKeys } from './allow-update.ts'
import { type AdminContext, afterCommit } from './context.ts'
import { defaultContents, type FirstContents } from './default-zone.ts'
import { done, failure, type Outcome } from './failure.ts'
import { readName } from './names.ts'
import { contentsFromFile } from './zone-file-contents.ts'

export interface ZoneRequest {
  readonly name: string
  /** The text of a zone file; without one the zone gets {@link defaultContents}. */
  readonly fileText?: string
  /** Key names and address ranges that may update the whole zone. */
  readonly allowUpdate: readonly string[]
  readonly by: Identity
  readonly source: Source
}

export interface CreatedZone {
  readonly id: number
  readonly name: Name
  readonly serial: number
  readonly seq: number
  readonly records: number
  readonly rules: readonly string[]
  readonly warnings: readonly string[]
}

/** Creates a zone with its contents, rules and first event in one transaction, then tells the edges. */
export async function createZone(admin: AdminContext, request: ZoneRequest): Promise<Outcome<CreatedZone>> {
  const apex = readName(request.name, 'zone')
  if (!apex.ok) return apex
  const rules = rulesFrom(request.allowUpdate)
  if (!rules.ok) return rules
  const contents = firstContents(request, apex.value)
  if (!contents.ok) return contents
  const name = canonicalName(apex.value)
  const stored = await inTransaction(admin.db, (trx) =>
    storeZone(trx, admin, name, request, contents.value, rules.value),
  )
  if (!stored.ok) return stored
  const event = stored.value
  await Promise.all([
    afterCommit(admin, 'zone in the catalog', () => admin.catalog.zoneChanged(event.zoneId)),
    afterCommit(admin, 'event', () => admin.publisher.publish([event])),
  ])
  return done({
    id: event.zoneId,
    name,
    serial: event.serialAfter,
    seq: event.seq,
    records: contents.value.others.length + 1,
    rules: rules.value.map((rule) => rule.text),
    warnings: contents.value.warnings,
  })
}

function firstContents(request: ZoneRequest, apex: GivenName): Outcome<FirstContents> {
  if (request.fileText === undefined) return defaultContents(apex)
  return contentsFromFile(request.fileText, canonicalName(apex))
}

async function storeZone(
  trx: DbTransaction,
  admin: AdminContext,
  name: Name,
  request: ZoneRequest,
  contents: FirstContents,
  rules: readonly UpdateRule[],
): Promise<Outcome<ZoneEvent>> {
  const unknown = await unknownKeys(trx, rules)
  if (unknown !== undefined) return unknown
  const zoneId = await insertZone(trx, name, NO_HASH)
  if (zoneId === undefined)
    return failure(
      'zone-exists',
      `There is a zone ${name} already; \`zonelog zone show ${name}\` describes it.`,
    )
  const event = firstEvent(admin, zoneId, request, contents)
  // what is stored is what folding the history will give, because it is folded here (P6)
  const zone = new ZoneContents(name)
  await saveRRsets(trx, zoneId, zone, zone.apply(decodedDiff(event)))
  await insertRules(
    trx,
    zoneId,
    rules.map((rule) => rule.text),
  )
  await insertEvents(trx, [event])
  await advanceZones(trx, [{ from: 0, last: event }])
  return done(event)
}

function decodedDiff(event: ZoneEvent) {
  const diff = decodeDiff(event.diff)
  if (!diff.ok) throw new Error(`a diff that was just written does not read: ${diff.reason}`)
  return diff.value
}

function firstEvent(
  admin: AdminContext,
  zoneId: number,
  request: ZoneRequest,
  { soa, others }: FirstContents,
): ZoneEvent {
  const commandId = randomUUID()
  const now = admin.now()
  const origin = request.fileText === undefined ? 'with default contents' : 'from a zone file'
  const event = {
    zoneId,
    seq: 1,
    kind: 'create',
    commandId,
    fingerprint: createHash('sha256').update(commandId).digest(),
    receivedAt: now,
    queuedAt: now,
    decidedAt: now,
    identity: request.by,
    source: request.source,
    transport: 'api',
    edgeId: admin.writerId,
    message: new Uint8Array(),
    rcode: Rcode.NOERROR,
    section: '',
    reason: 'applied',
    detail: `created ${origin}: ${others.length + 1} records`,
    rule: '',
    serialBefore: 0,
    serialAfter: serialOf(soa.rdata),
    diff: encodeDiff({ oldSoa: undefined, removed: [], newSoa: soa, added: others }),
  } as const
  return chainEvent(event, NO_HASH)
}
