import { type Name, parentOf, ROOT } from '../../../../shared/dns/name.ts'
import type { RRset } from '../../../../shared/dns/record.ts'
import type { NameContents } from '../../../../shared/zone-contents.ts'
import {
  BlockWriter,
  eachSet,
  findSet,
  isOf,
  labelsIn,
  type Place,
  readSet,
  setCount,
  typeOfSet,
} from './block.ts'
import { HashIndex } from './hash-index.ts'
import { hashName } from './name-hash.ts'
import { NameSets } from './name-sets.ts'
import { NameColumns, NOWHERE } from './names.ts'
import { type BlockOwner, HEADER, offsetOf, Segments } from './segments.ts'

/** What becomes of a type at a name: undefined when no record is left. */
export type Changes = ReadonlyMap<number, RRset | undefined>

/** Told before the block of a name changes, comes or goes. */
export interface ChangeWatcher {
  /** Of memory that it keeps for what changed, about. */
  readonly octets: number
  before(id: number): void
}

/**
 * The RRsets of a zone by owner, compact: about 80 octets for a name with an address, none of them an object that the garbage
 * collector has to look at. Knows empty non-terminals as well: a name exists when it owns records or when a longer one does.
 */
export class ZoneStore implements BlockOwner {
  private readonly apex: Name
  private readonly suffix: number
  private readonly segments = new Segments(this)
  private readonly names = new NameColumns()
  private readonly index = new HashIndex((id, name, length) => isOf(this.place(id), name, length))
  private readonly watchers = new Set<ChangeWatcher>()
  private owners = 0

  constructor(apex: Name) {
    this.apex = apex
    this.suffix = apex === ROOT ? 0 : apex.length
  }

  /** Of memory, about. */
  get octets(): number {
    return this.segments.octets + this.names.octets + this.index.octets
  }

  /** Of memory that watchers keep, about. */
  get watchedOctets(): number {
    let octets = 0
    for (const watcher of this.watchers) octets += watcher.octets
    return octets
  }

  /** Names that own records. */
  get nameCount(): number {
    return this.owners
  }

  /** Whether the name owns records, or exists because a longer one does (RFC 4592 §2.2.2). */
  exists(name: Name): boolean {
    return this.find(name) >= 0
  }

  /** To be read before the zone changes. */
  at(name: Name): NameContents | undefined {
    const id = this.find(name)
    if (id < 0) return undefined
    const place = this.place(id)
    return setCount(place) === 0 ? undefined : new NameSets(place, name)
  }

  rrset(name: Name, type: number): RRset | undefined {
    const id = this.find(name)
    if (id < 0) return undefined
    const place = this.place(id)
    const at = findSet(place, type)
    return at < 0 ? undefined : readSet(place, at, name)
  }

  /** Every number that a name may have now is below. */
  get limit(): number {
    return this.names.limit
  }

  /** The RRsets of the name with a number; none for a number that no name has. */
  rrsetsOf(id: number): RRset[] {
    return this.names.addresses[id] === NOWHERE ? [] : this.readBlock(this.place(id))
  }

  /** The octets of a name's block, for {@link readBlock} later; undefined for a number that no name has. */
  copyOf(id: number): Uint8Array | undefined {
    const address = this.names.addresses[id]!
    if (address === NOWHERE) return undefined
    const { octets, at } = this.place(id)
    return octets.slice(at, at + this.segments.capacity(address))
  }

  readBlock(place: Place): RRset[] {
    const labels = labelsIn(place)
    const name = (labels === '' ? this.apex : labels + (this.suffix === 0 ? '' : this.apex)) as Name
    return eachSet(place).map((at) => readSet(place, at, name))
  }

  watch(watcher: ChangeWatcher): () => void {
    this.watchers.add(watcher)
    return () => this.watchers.delete(watcher)
  }

  /** Changes the RRsets of one name, in time linear in their octets. Returns the types that it had. */
  change(name: Name, changes: Changes): number[] {
    const length = this.lengthOf(name)
    const hash = hashName(name, length)
    const id = this.index.find(hash, this.names.hashes, name, length)
    const place = id < 0 ? undefined : this.place(id)
    const before = place === undefined ? [] : eachSet(place).map((at) => typeOfSet(place, at))
    const content = contentAfter(name, length, place, changes)
    const { sets } = scratch
    this.owners += (sets > 0 ? 1 : 0) - (before.length > 0 ? 1 : 0)
    if (id >= 0 && (sets > 0 || this.names.children[id]! > 0)) this.write(id, content)
    else if (id >= 0) this.disappear(id, name)
    else if (sets > 0) this.appear(name, hash, content)
    return before
  }

  addressOf(id: number): number {
    return this.names.addresses[id]!
  }

  moved(id: number, address: number): void {
    this.names.addresses[id] = address
  }

  /** A new name with that block; the names that it lies below come with it. Returns its number. */
  private appear(name: Name, hash: number, content: Uint8Array): number {
    const id = this.names.take(hash)
    for (const watcher of this.watchers) watcher.before(id)
    this.names.addresses[id] = this.segments.add(id, content)
    this.index.add(id, this.names.hashes)
    if (name !== this.apex) {
      const parent = this.idOf(parentOf(name)!)
      this.names.children[parent]!++
    }
    return id
  }

  /** The number of a name, which becomes an empty non-terminal if it did not exist. */
  private idOf(name: Name): number {
    const known = this.find(name)
    if (known >= 0) return known
    const length = this.lengthOf(name)
    return this.appear(name, hashName(name, length), scratch.begin(name, length).finish())
  }

  private write(id: number, content: Uint8Array): void {
    for (const watcher of this.watchers) watcher.before(id)
    const room = this.segments.capacity(this.names.addresses[id]!)
    if (content.length <= room && content.length * 2 >= room) {
      this.segments.overwrite(this.names.addresses[id]!, content)
      return
    }
    const fresh = this.segments.add(id, content)
    // adding may have moved the old block
    const old = this.names.addresses[id]!
    this.names.addresses[id] = fresh
    this.segments.remove(old)
  }

  /** A name without records, and nothing below it; the names that existed only because of it go too. */
  private disappear(id: number, name: Name): void {
    for (const watcher of this.watchers) watcher.before(id)
    this.index.remove(id, this.names.hashes)
    const address = this.names.addresses[id]!
    this.names.give(id)
    this.segments.remove(address)
    const parent = name === this.apex ? undefined : parentOf(name)
    if (parent === undefined) return
    const above = this.find(parent)
    const left = --this.names.children[above]!
    if (left === 0 && setCount(this.place(above)) === 0) this.disappear(above, parent)
  }

  private find(name: Name): number {
    const length = this.lengthOf(name)
    return this.index.find(hashName(name, length), this.names.hashes, name, length)
  }

  /** Of the labels before the zone's name. */
  private lengthOf(name: Name): number {
    return name === ROOT ? 0 : name.length - this.suffix
  }

  private place(id: number): Place {
    const address = this.names.addresses[id]!
    const { octets, text } = this.segments.segmentOf(address)
    return { octets, text, at: offsetOf(address) + HEADER }
  }
}

/** Calls do not nest, so one serves all zones. */
const scratch = new BlockWriter()

/** The block of a name after changes: sets that it has keep their places. */
function contentAfter(name: Name, length: number, place: Place | undefined, changes: Changes): Uint8Array {
  scratch.begin(name, length)
  const written: number[] = []
  for (const at of place === undefined ? [] : eachSet(place)) {
    const type = typeOfSet(place!, at)
    const changed = changes.get(type)
    if (changed !== undefined) scratch.set(changed, name)
    else if (!changes.has(type)) scratch.copySet(place!, at)
    written.push(type)
  }
  for (const [type, rrset] of changes)
    if (rrset !== undefined && !written.includes(type)) scratch.set(rrset, name)
  return scratch.finish()
}
