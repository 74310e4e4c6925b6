import { decodeMessage } from '../../../../shared/dns/message.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import { signatureMark } from '../../../../shared/fingerprint.ts'
import { type Db, type DbTransaction, inLongSnapshot, type ZoneSummary } from '../../store/admin-zones.ts'
import { checkpointsOf } from '../../store/checkpoints.ts'
import { type StoredEvent, storedEvents } from '../../store/stored-events.ts'
import { storedRRsets, storedZone } from '../../store/verification.ts'
import { hex } from './chain.ts'
import type { SignedCheckpoint } from './checkpoint.ts'
import { type Fault, fault } from './fault.ts'
import { HistoryCheck, type HistoryCounts } from './history-check.ts'
import { recordsIn, StoredRRsets, zoneFaults } from './stored-zone.ts'
import { type Testimony, testimonyOf } from './testimony.ts'

/** What was found in one zone. */
export interface Verification extends HistoryCounts {
  readonly schema: 'zonelog.verification/1'
  readonly zone: Name
  readonly ok: boolean
  /** Where the history ends. */
  readonly seq: number
  readonly serial: number
  readonly hash: string
  /** The keys whose checkpoints were believed, how many there were, and the highest event that one names. */
  readonly publicKey: string
  readonly checkpoints: number
  readonly lastCheckpoint: number
  /** RRsets that were compared with history. */
  readonly rrsets: number
  /** All that is wrong with the first event that is wrong, or with what is stored beside the events. */
  readonly faults: readonly Fault[]
}

/** How far a verification is. */
export interface VerificationProgress {
  readonly seq: number
  readonly of: number
}

export interface Believed {
  readonly publicKey: string
  /** Checkpoints that were kept elsewhere, beside those of the database. */
  readonly checkpoints?: readonly SignedCheckpoint[]
}

/** More would not be read. */
const MOST_FAULTS = 20

/** Verifies one zone as it is at one moment, and says now and then how far that is; the result comes last. */
export async function* verifyZone(
  db: Db,
  zone: Pick<ZoneSummary, 'id' | 'name'>,
  believed: Believed,
): AsyncGenerator<VerificationProgress | Verification> {
  yield* inLongSnapshot(db, (trx) => verifyIn(trx, zone, believed))
}

/** As {@link verifyZone}, of what a transaction sees. */
export async function* verifyIn(
  trx: DbTransaction,
  { id, name }: Pick<ZoneSummary, 'id' | 'name'>,
  { publicKey, checkpoints = [] }: Believed,
): AsyncGenerator<VerificationProgress | Verification> {
  const stored = await storedZone(trx, id)
  const testimony = testimonyOf([...(await checkpointsOf(trx, id)), ...checkpoints], publicKey, id)
  const check = new HistoryCheck(id, name, publicKey, testimony.events)
  const result = (rrsets: number, faults: readonly Fault[]) =>
    verificationOf(name, check, publicKey, testimony, rrsets, faults)
  let wasDeleted = false
  for await (const rows of storedEvents(trx, id)) {
    for (const row of rows) {
      const faults = 'event' in row ? eventFaults(check, row) : [fault(row.seq, 'time', row.unreadable)]
      if (faults.length > 0) return yield result(0, [...testimony.faults, ...faults])
      if ('event' in row && row.event.kind === 'delete') wasDeleted = true
    }
    yield { seq: check.end.seq, of: stored?.seq ?? check.end.seq }
  }
  const faults = [...testimony.faults, ...check.missing()]
  if (stored === undefined) faults.push(fault(undefined, 'zone', 'its row is gone'))
  else
    faults.push(
      ...zoneFaults(stored, check.end, { apex: name, records: recordsIn(check.contents) }, wasDeleted),
    )
  const compared = wasDeleted ? { rrsets: 0, faults: [] } : await compareRRsets(trx, id, check)
  yield result(compared.rrsets, [...faults, ...compared.faults].slice(0, MOST_FAULTS))
}

function eventFaults(
  check: HistoryCheck,
  { event, finerThanMs, signedDigest }: Extract<StoredEvent, { event: unknown }>,
): Fault[] {
  const faults = check.take(event)
  if (finerThanMs)
    faults.push(fault(event.seq, 'time', 'one of its times is finer than the milliseconds of an event'))
  if (signedDigest !== null && !followsFrom(event.message, signedDigest))
    faults.push(
      fault(event.seq, 'signedDigest', 'what its replays are known by does not follow from its message'),
    )
  return faults
}

function followsFrom(message: Uint8Array, signedDigest: Uint8Array): boolean {
  const decoded = decodeMessage(message)
  const mark = decoded.ok ? signatureMark(message, decoded.value) : undefined
  return mark !== undefined && Buffer.compare(mark.digest, signedDigest) === 0
}

async function compareRRsets(
  trx: DbTransaction,
  zoneId: number,
  { contents }: HistoryCheck,
): Promise<{ rrsets: number; faults: Fault[] }> {
  const compared = new StoredRRsets(contents)
  const faults: Fault[] = []
  let rrsets = 0
  for await (const rows of storedRRsets(trx, zoneId))
    for (const row of rows) {
      rrsets++
      const found = compared.take(row)
      if (found !== undefined && faults.length < MOST_FAULTS) faults.push(found)
    }
  if (compared.isComplete) return { rrsets, faults }
  const keys = new Set<string>()
  for await (const rows of storedRRsets(trx, zoneId))
    for (const { type, owner } of rows) keys.add(`${type} ${owner}`)
  return { rrsets, faults: [...faults, ...compared.missing(keys)] }
}

function verificationOf(
  zone: Name,
  check: HistoryCheck,
  publicKey: string,
  testimony: Testimony,
  rrsets: number,
  faults: readonly Fault[],
): Verification {
  const { seq, serial, hash } = check.end
  return {
    schema: 'zonelog.verification/1',
    zone,
    ok: faults.length === 0,
    seq,
    serial,
    hash: hex(hash),
    ...check.counts,
    publicKey,
    checkpoints: testimony.events.size,
    lastCheckpoint: testimony.last,
    rrsets,
    faults,
  }
}
