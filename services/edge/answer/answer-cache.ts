import type { CatalogZone } from '../../../shared/catalog.ts'
import { ownCopy } from '../../../shared/dns/octets.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import type { NameHashes } from '../zones/changed-names.ts'
import type { Draft } from './draft.ts'

/** An answer, and what it was made from: it holds as long as that is unchanged. */
export interface Remembered {
  readonly draft: Draft
  /** The catalog's state, by which `entry` is the zone of the name. */
  readonly generation: number
  readonly entry: CatalogZone
  /** {@link identityOf} the zone, which itself the cache of zones must be free to drop. */
  readonly zone: number
  /** The event of the zone at which it is known to hold; it moves on. */
  seq: number
  /** The names of the zone that were looked at; undefined for an answer that each event may change, as one that shows the SOA. */
  readonly names: NameHashes | undefined
}

const identities = new WeakMap<CachedZone, number>()
let lastIdentity = 0

/** A number that no other zone object of this process has or gets. */
export function identityOf(zone: CachedZone): number {
  let identity = identities.get(zone)
  if (identity === undefined) {
    identity = ++lastIdentity
    identities.set(zone, identity)
  }
  return identity
}

/** Of one generation; two are kept. */
const MOST_ANSWERS = 32_768
const MOST_OCTETS = 16 * 1024 * 1024
/** What an entry costs beside its question, its answer and its names, about. */
const OBJECT_OCTETS = 400
const NAME_OCTETS = 8

/**
 * Answers by the octets of their question. What was not asked for between two fills of the younger half is forgotten, so
 * memory is bounded and nothing is counted for each use.
 */
export class AnswerCache {
  private young = new Map<string, Remembered>()
  private old = new Map<string, Remembered>()
  private octets = 0

  find(question: string): Remembered | undefined {
    const found = this.young.get(question)
    if (found !== undefined) return found
    const older = this.old.get(question)
    if (older !== undefined) this.put(question, older)
    return older
  }

  keep(question: string, remembered: Remembered): void {
    const { draft, names } = remembered
    // octets of their own: a view of the pool that they were written in would keep all of that; and no room for more names
    this.put(question, {
      ...remembered,
      draft: { ...draft, bytes: ownCopy(draft.bytes) },
      names: names?.slice(),
    })
  }

  private put(question: string, remembered: Remembered): void {
    this.young.set(question, remembered)
    const { draft, names = [] } = remembered
    this.octets += draft.bytes.length + question.length + names.length * NAME_OCTETS + OBJECT_OCTETS
    if (this.young.size < MOST_ANSWERS && this.octets < MOST_OCTETS) return
    this.old = this.young
    this.young = new Map()
    this.octets = 0
  }

  get size(): number {
    return this.young.size + this.old.size
  }
}
