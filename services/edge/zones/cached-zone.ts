import { Class, Type } from '../../../shared/dns/codes.ts'
import { canonicalName, isSubdomain, type Name } from '../../../shared/dns/name.ts'
import type { ResourceRecord, RRset } from '../../../shared/dns/record.ts'
import { readSoa, serialOf } from '../../../shared/dns/soa.ts'
import type { ZoneHead, ZoneStep } from '../../../shared/messaging/zone-service.ts'
import {
  DiffMismatch,
  type NameContents,
  ZoneContents,
  type ZoneView,
} from '../../../shared/zone-contents.ts'
import { decodeDiff, type ZoneDiff } from '../../../shared/zone-diff.ts'
import { NameTree } from './name-tree.ts'

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
  private readonly contents: ZoneContents
  private readonly tree: NameTree
  /** Names below the apex that end or redirect our authority: with NS or DNAME. */
  private readonly cuts = new Set<Name>()
  private negativeSoa: ResourceRecord | undefined

  private broken = false
  private readers = 0

  /** Empty; see {@link load} and {@link complete}. */
  constructor(id: number, apex: Name, head: ZoneHead) {
    this.id = id
    this.apex = apex
    this.current = head
    this.contents = new ZoneContents(apex)
    this.tree = new NameTree(apex)
  }

  /** Takes a share of the zone's RRsets as they were at `head`. Throws {@link DiffMismatch} when they cannot be. */
  load(rrsets: Iterable<RRset>): this {
    for (const rrset of rrsets) this.take(rrset)
    return this
  }

  /** To be called once all RRsets are loaded. Throws {@link DiffMismatch} when they are not a zone with the serial of `head`. */
  complete(): this {
    this.checkSoa(this.current.serial)
    return this
  }

  /** False once a change did not fit: half of it may be in the records, which must not be served. */
  get usable(): boolean {
    return !this.broken
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

  at(name: Name): NameContents | undefined {
    return this.contents.at(name)
  }

  rrset(name: Name, type: number): RRset | undefined {
    return this.contents.at(name)?.get(type)
  }

  rrsets(): Generator<RRset> {
    return this.contents.rrsets()
  }

  /** Opens the zone as it is now, for a transfer. */
  open(): ZoneReading {
    const rrsets = [...this.contents.rrsets()]
    const reading = { head: this.current, soa: this.soa, rrsets: () => rrsets, close: this.pin() }
    return reading
  }

  /** Keeps the zone in memory until the function returned is called. */
  pin(): () => void {
    this.readers++
    let open = true
    return () => {
      if (open) this.readers--
      open = false
    }
  }

  get isPinned(): boolean {
    return this.readers > 0
  }

  get nameCount(): number {
    return this.contents.nameCount
  }

  /** Whether the name owns records or is an empty non-terminal (RFC 4592 §2.2.2). */
  exists(name: Name): boolean {
    return this.contents.at(name) !== undefined || this.tree.hasDescendants(name)
  }

  /** Whether authority ends or is redirected at some name below the apex; spares a search where it never is. */
  get hasCuts(): boolean {
    return this.cuts.size > 0
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
    }
    // copies: what came is a view of a larger buffer, and would keep that alive
    this.current = { seq: step.seq, serial: step.serialAfter, hash: step.hash.slice() }
  }

  private change(step: ZoneStep): void {
    const diff = decodeDiff(new Uint8Array(step.diff))
    if (!diff.ok) throw new DiffMismatch(`diff of event ${step.seq} is unreadable: ${diff.reason}`)
    const before = new Map<Name, boolean>()
    for (const name of ownersOf(diff.value)) {
      if (!isSubdomain(name, this.apex)) throw new DiffMismatch(`${name} is not in ${this.apex}`)
      before.set(name, this.contents.at(name) !== undefined)
    }
    this.contents.apply(diff.value)
    for (const [name, existed] of before) this.followName(name, existed)
    this.negativeSoa = undefined
    this.checkSoa(step.serialAfter)
  }

  private take(rrset: RRset): void {
    const name = canonicalName(rrset.name)
    if (!isSubdomain(name, this.apex)) throw new DiffMismatch(`${name} is not in ${this.apex}`)
    const types = this.contents.at(name)
    if (types?.has(rrset.type)) throw new DiffMismatch(`${name} has two sets of one type`)
    this.contents.put(rrset)
    this.followName(name, types !== undefined)
  }

  private followName(name: Name, existed: boolean): void {
    const types = this.contents.at(name)
    if (existed && types === undefined) this.tree.disappeared(name)
    if (!existed && types !== undefined) this.tree.appeared(name)
    const cut = name !== this.apex && (types?.has(Type.NS) || types?.has(Type.DNAME))
    if (cut || (name === this.apex && types?.has(Type.DNAME))) this.cuts.add(name)
    else this.cuts.delete(name)
  }

  private get soa(): RRset {
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

function* ownersOf(diff: ZoneDiff): Generator<Name> {
  for (const record of [diff.newSoa, ...diff.removed, ...diff.added]) {
    yield canonicalName(record.name)
  }
}
