import { ownCopy } from '../../../shared/dns/octets.ts'

/** More than what leads to an answer in one datagram is not worth its memory: an edge may hold many zones. */
const MOST_OCTETS = 2 * 1024
/** What an entry takes beside its octets, about. */
const ENTRY_OCTETS = 250

interface Change {
  readonly serialBefore: number
  readonly diff: Uint8Array
}

/** The last changes of a zone, one after another without a gap, as far as they are small. */
export class RecentChanges {
  private changes: Change[] = []
  private diffOctets = 0

  /** The next one; `diff` is an RFC 1995 difference sequence that begins at that serial. */
  add(serialBefore: number, diff: Uint8Array): void {
    if (diff.length > MOST_OCTETS) {
      this.changes = []
      this.diffOctets = 0
      return
    }
    // what came is a view of a larger buffer, and would keep that alive
    this.changes.push({ serialBefore, diff: ownCopy(diff) })
    this.diffOctets += diff.length
    while (this.diffOctets > MOST_OCTETS) this.diffOctets -= this.changes.shift()!.diff.length
  }

  /** The changes that lead from the serial to the zone as it is; undefined when they are not at hand. */
  since(serial: number): Uint8Array[] | undefined {
    const first = this.changes.findLastIndex(({ serialBefore }) => serialBefore === serial)
    return first < 0 ? undefined : this.changes.slice(first).map(({ diff }) => diff)
  }

  /** Octets of memory, about. */
  get octets(): number {
    return this.diffOctets + this.changes.length * ENTRY_OCTETS
  }
}
