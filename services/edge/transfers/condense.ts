import { Type } from '../../../shared/dns/codes.ts'
import { canonicalName } from '../../../shared/dns/name.ts'
import { rdataKey } from '../../../shared/dns/rdata.ts'
import { type ResourceRecord, readRecords } from '../../../shared/dns/record.ts'

/** One RFC 1995 difference sequence. */
export interface Difference {
  readonly oldSoa: ResourceRecord
  readonly removed: readonly ResourceRecord[]
  readonly newSoa: ResourceRecord
  readonly added: readonly ResourceRecord[]
}

/**
 * Makes one difference of several (RFC 1995 §5): what was added and removed again, or removed and added again, is left out. Takes
 * the sequences in their order, cut anywhere between two records.
 */
export class Condenser {
  private oldSoa: ResourceRecord | undefined
  private newSoa: ResourceRecord | undefined
  private isAdding = true
  private readonly removed = new Map<string, ResourceRecord>()
  private readonly added = new Map<string, ResourceRecord>()

  /** Throws a TypeError for octets that are no run of whole records. */
  push(piece: Uint8Array): void {
    const records = readRecords(piece)
    if (!records.ok) throw new TypeError(`changes of a zone: ${records.reason}`)
    for (const record of records.value) this.take(record)
  }

  /** Throws a TypeError when what came was no difference. */
  finish(): Difference {
    if (this.oldSoa === undefined || this.newSoa === undefined || !this.isAdding)
      throw new TypeError('changes of a zone end inside a difference sequence')
    return {
      oldSoa: this.oldSoa,
      removed: [...this.removed.values()],
      newSoa: this.newSoa,
      added: [...this.added.values()],
    }
  }

  private take(record: ResourceRecord): void {
    if (record.type === Type.SOA) {
      this.isAdding = !this.isAdding
      if (this.isAdding) this.newSoa = record
      else this.oldSoa ??= record
      return
    }
    const [here, there] = this.isAdding ? [this.added, this.removed] : [this.removed, this.added]
    // owners and RDATA as secondaries compare them; a record with another TTL is another one
    const { name, type, ttl, rdata } = record
    const key = `${type} ${ttl} ${canonicalName(name)} ${rdataKey(type, rdata)}`
    if (!there.delete(key)) here.set(key, record)
  }
}

/** Octets in wire form, without compression. */
export function octetsOf({ oldSoa, removed, newSoa, added }: Difference): number {
  let octets = 0
  for (const record of [oldSoa, ...removed, newSoa, ...added])
    octets += record.name.length + 11 + record.rdata.length
  return octets
}
