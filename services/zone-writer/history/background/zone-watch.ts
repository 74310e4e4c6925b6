import { setImmediate as nextTurn } from 'node:timers/promises'
import { ContentsDigest } from '../../../../shared/contents-digest.ts'
import type { GivenName, Name } from '../../../../shared/dns/name.ts'
import { NO_HASH } from '../../../../shared/events/event-codec.ts'
import { diffRecords } from '../../../../shared/zone-diff.ts'
import { type Db, type DbTransaction, inSnapshot } from '../../store/admin-zones.ts'
import { placeAt, snapshotThatBegins } from '../../store/compaction.ts'
import { type StoredEvent, storedEvents } from '../../store/stored-events.ts'
import { storedRRsets, storedZone } from '../../store/verification.ts'
import { readVerified, saveAlarm, saveLook, saveVerified, type VerifiedPlace } from '../../store/verified.ts'
import { SnapshotWitness } from '../compact/statement.ts'
import { CHAIN_START, type ChainEnd, endOf, hex, linkFaults } from '../verify/chain.ts'

/** What one look at a zone found. */
export interface Look {
  readonly zone: Name
  /** In a sentence that stays the same while it lasts; undefined when all is as history says. */
  readonly problem: { readonly reason: string; readonly detail: string } | undefined
  /** Whether all events were looked at, or the next look goes on. */
  readonly isComplete: boolean
  /** Whether the chain ends where the zone's row says, so that an event can be added to it. */
  readonly endHolds: boolean
}

/** How much was looked at. */
export interface Looked {
  readonly events: number
  readonly rrsets: number
}

/** New events in one look, and old ones whose hashes are looked at again. */
const NEW_AT_ONCE = 20_000
const OLD_AT_ONCE = 5_000
/** Records that are hashed at a time. */
const RECORDS_AT_ONCE = 500
/** Events whose digests are remembered, for edges that answer a little later. */
const REMEMBERED = 2_000

/**
 * Verifies one zone again and again, in looks of bounded length: new events are chained and their changes added to a digest of the
 * contents, stored RRsets must have that digest, and old events are hashed again in turn.
 */
export class ZoneWatch {
  readonly zoneId: number
  private readonly digests = new Map<number, string>()
  private readonly publicKeys: string
  private old: OldEvents | undefined
  /** The event that looking at old ones has reached. */
  private againSeq = 0
  private looked = { events: 0, rrsets: 0 }
  /** As it was told; kept in the database, so that a restart does not tell it again. */
  alarm: string | null = null

  /** `publicKeys` are believed of a history that was compacted. */
  constructor(zoneId: number, publicKeys: string) {
    this.zoneId = zoneId
    this.publicKeys = publicKeys
  }

  /** The digest of the contents after an event of late, in hex. */
  digestAfter(seq: number): string | undefined {
    return this.digests.get(seq)
  }

  /** Undefined when the zone is gone. */
  async look(db: Db): Promise<(Look & Looked) | undefined> {
    this.looked = { events: 0, rrsets: 0 }
    const looked = await inSnapshot(db, (trx) => this.lookIn(trx))
    if (looked === undefined) return undefined
    const { place, ...look } = looked
    const lookedAt = new Date()
    const told = { alarm: this.alarm, againSeq: this.againSeq, lookedAt }
    if (place === undefined) await saveLook(db, this.zoneId, lookedAt)
    else await saveVerified(db, this.zoneId, { ...place, ...told })
    return { ...look, ...this.looked }
  }

  /** Remembers what was told of this zone. */
  async told(db: Db, alarm: string | null): Promise<void> {
    this.alarm = alarm
    const beginning = { seq: 0, hash: Buffer.from(NO_HASH), digest: new ContentsDigest().value }
    await saveAlarm(db, this.zoneId, { ...beginning, alarm }, new Date())
  }

  private async lookIn(trx: DbTransaction) {
    const stored = await storedZone(trx, this.zoneId)
    if (stored === undefined || stored.deleted) return undefined
    const zone = stored.name as Name
    const verified = await readVerified(trx, this.zoneId)
    this.alarm = verified?.alarm ?? null
    // where a snapshot stands for more than was verified, everything begins anew with it
    const snapshotSeq = await snapshotThatBegins(trx, this.zoneId)
    const known = verified !== undefined && verified.seq < snapshotSeq ? undefined : verified
    if (this.old === undefined || this.old.chain.seq <= snapshotSeq) this.old = this.beginningOfOld(zone)
    const begin = known ?? { seq: 0, hash: Buffer.from(NO_HASH), digest: new ContentsDigest().value }
    const problem = (reason: string, detail: string, endHolds = false) => ({
      zone,
      problem: { reason, detail },
      isComplete: true,
      endHolds,
      place: undefined,
    })
    let serial = 0
    if (begin.seq > 0) {
      const last = await placeAt(trx, this.zoneId, begin.seq)
      if (last === undefined || Buffer.compare(last.hash, begin.hash) !== 0)
        return problem('history-rewritten', 'the event that was verified last is another one now, or gone')
      if (begin.seq === snapshotSeq && !(await this.isSnapshotOf(trx, begin)))
        return problem(
          'history-rewritten',
          'the snapshot that it begins with holds other contents than were verified',
        )
      serial = last.serial
    }
    const digest = new ContentsDigest(begin.digest)
    const found = await this.follow(trx, { seq: begin.seq, serial, hash: begin.hash }, digest)
    if (typeof found === 'string') return problem('history-broken', found)
    const place = { seq: found.seq, hash: Buffer.from(found.hash), digest: digest.value }
    if (found.seq < stored.seq && found.isPart)
      return { zone, problem: undefined, isComplete: false, endHolds: false, place }
    const same =
      found.seq === stored.seq && hex(found.hash) === hex(stored.hash) && found.serial === stored.serial
    if (!same)
      return problem('zone-row', 'its row does not say what its newest event says: event, serial or hash')
    const oldFault = await this.checkOld(trx, this.old, found.seq)
    if (oldFault !== undefined) return problem('history-broken', oldFault, true)
    const rrsets = await this.digestOfStored(trx)
    if (hex(rrsets.value) !== hex(digest.value))
      return { ...problem('rrsets', 'its stored RRsets are not what its history adds up to', true), place }
    return { zone, problem: undefined, isComplete: true, endHolds: true, place }
  }

  /** Chains what is new; a sentence when it does not hold. */
  private async follow(
    trx: DbTransaction,
    begin: ChainEnd,
    digest: ContentsDigest,
  ): Promise<(ChainEnd & { isPart: boolean }) | string> {
    let end = begin
    if (this.digests.size === 0) this.remember(end.seq, digest)
    for await (const rows of storedEvents(trx, this.zoneId, begin.seq)) {
      for (const row of rows) {
        const fault = faultOf(end, this.zoneId, row)
        if (fault !== undefined) return fault
        const { event } = row as Extract<StoredEvent, { event: unknown }>
        await applyTo(digest, event.diff)
        end = endOf(event)
        this.remember(end.seq, digest)
        this.looked.events++
      }
      if (end.seq - begin.seq >= NEW_AT_ONCE) return { ...end, isPart: true }
    }
    return { ...end, isPart: false }
  }

  private remember(seq: number, digest: ContentsDigest): void {
    this.digests.set(seq, hex(digest.value))
    if (this.digests.size > REMEMBERED) this.digests.delete(this.digests.keys().next().value!)
  }

  /** Goes on hashing old events where the last look stopped, and begins again when it is through. */
  private async checkOld(trx: DbTransaction, old: OldEvents, upTo: number): Promise<string | undefined> {
    const begin = old.chain.seq
    for await (const rows of storedEvents(trx, this.zoneId, begin)) {
      for (const row of rows) {
        const fault = this.faultOfOld(old, row)
        this.looked.events++
        if (fault === undefined) continue
        this.old = undefined
        return fault
      }
      if (old.chain.seq - begin >= OLD_AT_ONCE) break
    }
    this.againSeq = old.chain.seq
    if (old.chain.seq < upTo) return undefined
    this.old = undefined
    return old.snapshot.atEnd()
  }

  private faultOfOld(old: OldEvents, row: StoredEvent): string | undefined {
    const fault = faultOf(old.chain, this.zoneId, row)
    if (fault !== undefined) return fault
    const { event } = row as Extract<StoredEvent, { event: unknown }>
    old.chain = endOf(event)
    return old.snapshot.take(event)
  }

  private async digestOfStored(trx: DbTransaction): Promise<ContentsDigest> {
    const digest = new ContentsDigest()
    for await (const rows of storedRRsets(trx, this.zoneId)) {
      for (const { owner, type, ttl, rdata } of rows)
        digest.addSet({ name: owner as GivenName, type, ttl, rdata })
      this.looked.rrsets += rows.length
    }
    return digest
  }

  private beginningOfOld(zone: Name): OldEvents {
    const snapshot = new SnapshotWitness({ zoneId: this.zoneId, zone }, this.publicKeys)
    return { chain: CHAIN_START, snapshot }
  }

  /** Whether the first event holds what was verified up to there, event by event. */
  private async isSnapshotOf(trx: DbTransaction, { seq, digest }: Pick<VerifiedPlace, 'seq' | 'digest'>) {
    const held = new ContentsDigest()
    for await (const [row] of storedEvents(trx, this.zoneId, seq - 1)) {
      if (row !== undefined && 'event' in row) await applyTo(held, row.event.diff)
      break
    }
    return hex(held.value) === hex(digest)
  }
}

/** Where hashing old events anew has got to. */
interface OldEvents {
  chain: ChainEnd
  readonly snapshot: SnapshotWitness
}

function faultOf(before: ChainEnd, zoneId: number, row: StoredEvent): string | undefined {
  if (!('event' in row)) return `event ${row.seq} cannot be read`
  const [first] = linkFaults(before, zoneId, row.event)
  if (first !== undefined) return `event ${first.seq}, ${first.field}: ${first.message}`
  return row.finerThanMs ? `event ${row.seq} has a time that was changed` : undefined
}

/** A little at a time: a diff may hold a whole zone, and commits must not wait for it. What begins with added records begins anew. */
async function applyTo(digest: ContentsDigest, diff: Uint8Array): Promise<void> {
  let count = 0
  for (const { half, record } of diffRecords(diff)) {
    if (count === 0 && half === 'added') digest.clear()
    digest.step(half, record)
    if (++count % RECORDS_AT_ONCE === 0) await nextTurn()
  }
}
