import { Class, Type } from '../../../shared/dns/codes.ts'
import { canonicalName, isSubdomain, type Name } from '../../../shared/dns/name.ts'
import { ownCopy } from '../../../shared/dns/octets.ts'
import type { ResourceRecord, RRset } from '../../../shared/dns/record.ts'
import { readSoa, serialOf } from '../../../shared/dns/soa.ts'
import type { ZoneHead, ZoneStep } from '../../../shared/messaging/zone-service.ts'
import {
  changedRRsets,
  DiffMismatch,
  type NameContents,
  type ZoneView,
} from '../../../shared/zone-contents.ts'
import { decodeDiff } from '../../../shared/zone-diff.ts'
import { ChangedNames, hashOf, MOST_NAMES, type NameHashes } from './changed-names.ts'
import { RecentChanges } from './recent-changes.ts'
import { StoreSnapshot } from './store/snapshot.ts'
import { type Changes, ZoneStore } from './store/zone-store.ts'

/** A zone as it was when this was opened, however long the reading takes and whatever changes meanwhile. To be closed. */
export interface ZoneReading {
  readonly head: ZoneHead
  readonly soa: RRset
  /** Every RRset, the SOA too, each name's in a row. To be gone through once. */
  rrsets(): Iterable<RRset>
  /** Lets the zone go; the cache keeps a zone in memory while it is read. May be called twice. */
  close(): void
}

/**
 * One zone at one point of its history, with what answering needs beside the records. Changes only by {@link advance}, in
 * one piece: nothing can see half of a change.
 */
export class CachedZone implements ZoneView {
  readonly id: number
  readonly apex: Name
  private current: ZoneHead
  private store: ZoneStore
  /** Names that end or redirect our authority: with NS below the apex, or with DNAME. */
  private cuts = 0
  private negativeSoa: ResourceRecord | undefined
  private expireSeconds: number | undefined

  private readonly recent = new RecentChanges()
  private readonly changed = new ChangedNames()
  /** Names that are being looked at, while {@link noting}. */
  private met: number[] | undefined
  private broken = false
  private isDiscarded = false
  private readers = 0

  /** Empty; see {@link load} and {@link complete}. */
  constructor(id: number, apex: Name, head: ZoneHead) {
    this.id = id
    this.apex = apex
    this.current = head
    this.store = new ZoneStore(apex)
  }

  /** Takes a share of the zone's RRsets as they were at `head`. Throws {@link DiffMismatch} when they cannot be. */
  load(rrsets: Iterable<RRset>): this {
    let name: Name | undefined
    let sets: RRset[] = []
    for (const rrset of rrsets) {
      const owner = canonicalName(rrset.name)
      if (owner !== name) {
        if (name !== undefined) this.take(name, sets)
        name = owner
        sets = []
      }
      sets.push(rrset)
    }
    if (name !== undefined) this.take(name, sets)
    return this
  }

  /** To be called once all RRsets are loaded. Throws {@link DiffMismatch} when they are not a zone with the serial of `head`. */
  complete(): this {
    this.checkSoa(this.current.serial)
    return this
  }

  /** False once a change did not fit, half of which may be in the records, or once the zone was let go: not to be served. */
  get usable(): boolean {
    return !this.broken && !this.isDiscarded
  }

  get head(): ZoneHead {
    return this.current
  }

  get seq(): number {
    return this.current.seq
  }

  get serial(): number {
    return this.current.serial
  }

  /** To be read at once: what it gives is not there any more after the next change. */
  at(name: Name): NameContents | undefined {
    this.met?.push(hashOf(name))
    return this.store.at(name)
  }

  rrset(name: Name, type: number): RRset | undefined {
    this.met?.push(hashOf(name))
    return this.store.rrset(name, type)
  }

  /** Every RRset, each name's in a row, as they are at the first step; to be gone through at once. See {@link open}. */
  *rrsets(): Generator<RRset> {
    for (let id = 0; id < this.store.limit; id++) yield* this.store.rrsetsOf(id)
  }

  /** Does a search that waits for nothing, and gives the names at which it looked beside what it found. */
  noting<T>(search: () => T): { found: T; names: NameHashes } {
    const names: number[] = []
    this.met = names
    try {
      return { found: search(), names }
    } finally {
      this.met = undefined
    }
  }

  /**
   * Whether a search that met these names when the zone stood at event `seq` finds the same now. The SOA is not looked at: it changes with
   * nearly each event.
   */
  isUnchangedSince(seq: number, names: NameHashes): boolean {
    return this.changed.areSince(seq, names)
  }

  /** The changes from that serial to now, where they are few, small and recent: what a datagram could carry. */
  recentChanges(serial: number): Uint8Array[] | undefined {
    return this.recent.since(serial)
  }

  /** Opens the zone as it is now, for a transfer. Throws {@link DiffMismatch} when there is none. */
  open(): ZoneReading {
    // throws where there is none: before anything is held
    const { soa } = this
    const snapshot = new StoreSnapshot(this.store)
    const unpin = this.pin()
    return {
      head: this.current,
      soa,
      rrsets: () => snapshot.rrsets(),
      close: () => {
        snapshot.close()
        unpin()
      },
    }
  }

  /** Keeps the zone in memory until the function returned is called. */
  pin(): () => void {
    this.readers++
    let open = true
    return () => {
      if (open) this.readers--
      open = false
      if (this.isDiscarded) this.discard()
    }
  }

  /** Gives the memory back, as soon as nobody reads it: others may hold on to this object, but it is not {@link usable} any more. */
  discard(): void {
    this.isDiscarded = true
    if (this.readers === 0) this.store = new ZoneStore(this.apex)
  }

  get isPinned(): boolean {
    return this.readers > 0
  }

  get nameCount(): number {
    return this.store.nameCount
  }

  /** Octets of memory, about. */
  get octets(): number {
    return ZONE_OCTETS + this.store.octets + this.recent.octets + this.changed.octets
  }

  /** Octets of memory that those keep who read it as it was. */
  get readingOctets(): number {
    return this.store.watchedOctets
  }

  /** Whether the name owns records or is an empty non-terminal (RFC 4592 §2.2.2). */
  exists(name: Name): boolean {
    this.met?.push(hashOf(name))
    return this.store.exists(name)
  }

  /** Whether authority ends or is redirected at some name below the apex; spares a search where it never is. */
  get hasCuts(): boolean {
    return this.cuts > 0
  }

  /** The SOA as negative answers carry it: for min(its TTL, MINIMUM) seconds (RFC 2308 §3). */
  get soaOfNegativeAnswers(): ResourceRecord {
    if (this.negativeSoa === undefined) {
      const { name, type, ttl, rdata } = this.soa
      const soa = readSoa(rdata[0]!)
      const minimum = soa.ok ? soa.value.minimum : 0
      this.negativeSoa = { name, type, class: Class.IN, ttl: Math.min(ttl, minimum), rdata: rdata[0]! }
    }
    return this.negativeSoa
  }

  /** How long the zone may be served without a sign that it is current, in ms (RFC 1035 §3.3.13, EXPIRE). */
  get expireMs(): number {
    if (this.expireSeconds === undefined) {
      const soa = readSoa(this.soa.rdata[0]!)
      this.expireSeconds = soa.ok ? soa.value.expire : 0
    }
    return this.expireSeconds * 1_000
  }

  /**
   * Takes the next event of the zone. Throws {@link DiffMismatch} when it is not the next one, does not follow from the one
   * before it, or does not fit the records: this object is then not {@link usable} any more.
   */
  advance(step: ZoneStep): void {
    if (step.seq !== this.current.seq + 1)
      throw new DiffMismatch(`event ${step.seq} does not follow ${this.current.seq}`)
    if (Buffer.compare(step.previousHash, this.current.hash) !== 0)
      throw new DiffMismatch(
        `event ${step.seq} belongs to another history than event ${this.current.seq} held here`,
      )
    if (step.diff.length > 0) {
      this.broken = true
      this.change(step)
      this.broken = false
      this.recent.add(this.current.serial, step.diff)
    }
    // copies: what came is a view of a larger buffer, and would keep that alive
    this.current = { seq: step.seq, serial: step.serialAfter, hash: ownCopy(step.hash) }
  }

  private change(step: ZoneStep): void {
    const diff = decodeDiff(step.diff)
    if (!diff.ok) throw new DiffMismatch(`diff of event ${step.seq} is unreadable: ${diff.reason}`)
    const changed = changedRRsets(diff.value, (name, type) => this.rrset(name, type))
    const names = Map.groupBy(changed, (change) => change.name)
    const cutsBefore = this.cuts
    for (const [name, sets] of names) {
      if (!isSubdomain(name, this.apex)) throw new DiffMismatch(`${name} is not in ${this.apex}`)
      const changes = new Map(sets.map(({ type, rrset }) => [type, rrset]))
      const before = this.put(name, changes)
      if (names.size <= MOST_NAMES) this.note(name, changes, before, step.seq)
    }
    // where a search looks for cuts depends on whether there are any
    if (names.size > MOST_NAMES || cutsBefore !== this.cuts) this.changed.addAll(step.seq)
    this.changed.trim()
    this.negativeSoa = undefined
    this.expireSeconds = undefined
    this.checkSoa(step.serialAfter)
  }

  /** `before` are the types that the name had. */
  private note(name: Name, changes: Changes, before: readonly number[], seq: number): void {
    if (name === this.apex && changes.size === 1 && changes.has(Type.SOA)) return
    this.changed.add(name, seq)
    const comes = before.length === 0
    const goes = before.every((type) => changes.has(type) && changes.get(type) === undefined)
    if (comes || goes) this.changed.addAncestors(name, this.apex, seq)
  }

  private take(name: Name, sets: readonly RRset[]): void {
    if (!isSubdomain(name, this.apex)) throw new DiffMismatch(`${name} is not in ${this.apex}`)
    const changes = new Map(sets.map((rrset) => [rrset.type, rrset]))
    const before = this.put(name, changes)
    if (changes.size < sets.length || before.some((type) => changes.has(type)))
      throw new DiffMismatch(`${name} has two sets of one type`)
  }

  /** Returns the types that the name had. */
  private put(name: Name, changes: Changes): number[] {
    const before = this.store.change(name, changes)
    const has = (type: number) =>
      changes.has(type) ? changes.get(type) !== undefined : before.includes(type)
    const isCut = has(Type.DNAME) || (name !== this.apex && has(Type.NS))
    const wasCut = before.includes(Type.DNAME) || (name !== this.apex && before.includes(Type.NS))
    this.cuts += Number(isCut) - Number(wasCut)
    return before
  }

  get soa(): RRset {
    const soa = this.rrset(this.apex, Type.SOA)
    if (soa?.rdata.length !== 1) throw new DiffMismatch(`${this.apex} does not have exactly one SOA`)
    return soa
  }

  private checkSoa(serial: number): void {
    const found = serialOf(this.soa.rdata[0]!)
    if (found !== serial)
      throw new DiffMismatch(`the SOA of ${this.apex} has serial ${found} where ${serial} is due`)
  }
}

/** What a zone costs beside its store. */
const ZONE_OCTETS = 2_048
