import { type Name, parentOf } from '../../../shared/dns/name.ts'
import { hashName } from './store/name-hash.ts'

/** Of one half; two are kept. */
export const MOST_NAMES = 2_048
/** What a name takes, about. */
const NAME_OCTETS = 48

/** Names by their hashes: two that share one count as one, which is taken for changed too often and never too seldom. */
export type NameHashes = readonly number[]

export function hashOf(name: Name): number {
  return hashName(name, name.length)
}

/** Which names of a zone have changed of late, and at which event. Bounded: of what was long ago it says that all may have changed. */
export class ChangedNames {
  private young = new Map<number, number>()
  private old = new Map<number, number>()
  private newest = 0
  private newestOfOld = 0
  /** The newest event of which something may have been forgotten. */
  private forgotten = 0

  /** What a search finds at the name may be another thing since event `seq`. */
  add(name: Name, seq: number): void {
    this.newest = seq
    this.young.set(hashOf(name), seq)
  }

  /** As {@link add} for the names between the apex and this one: whether they exist may have changed (RFC 4592 §2.2.2). */
  addAncestors(name: Name, apex: Name, seq: number): void {
    for (let at = parentOf(name); at !== undefined && at !== apex; at = parentOf(at)) this.add(at, seq)
  }

  /** All may have changed at event `seq`. */
  addAll(seq: number): void {
    this.young = new Map()
    this.old = new Map()
    this.newest = seq
    this.newestOfOld = seq
    this.forgotten = seq
  }

  /** To be called after each event. */
  trim(): void {
    if (this.young.size < MOST_NAMES) return
    this.forgotten = this.newestOfOld
    this.newestOfOld = this.newest
    this.old = this.young
    this.young = new Map()
  }

  /** Whether a search that met these names at event `seq` meets the same today. */
  areSince(seq: number, names: NameHashes): boolean {
    if (seq < this.forgotten) return false
    for (const name of names) if ((this.young.get(name) ?? this.old.get(name) ?? 0) > seq) return false
    return true
  }

  /** Of memory, about. */
  get octets(): number {
    return (this.young.size + this.old.size) * NAME_OCTETS
  }
}
