import { Type } from '../../../shared/dns/codes.ts'
import { canonicalName, writeName } from '../../../shared/dns/name.ts'
import { rdataKey } from '../../../shared/dns/rdata.ts'
import { type ResourceRecord, writeRecordBody } from '../../../shared/dns/record.ts'
import { recordsIn } from './slices.ts'

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

  /** Records held. */
  get size(): number {
    return this.removed.size + this.added.size
  }

  /** Throws a TypeError for octets that are no run of whole records. */
  push(piece: Uint8Array): void {
    for (const record of recordsIn(piece)) this.take(record)
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

/** The records of a difference in their order (RFC 1995 §4). */
export function* recordsOfDifference(difference: Difference): Generator<ResourceRecord> {
  yield difference.oldSoa
  yield* difference.removed
  yield difference.newSoa
  yield* difference.added
}

/** Records written before others get their turn. */
const RECORDS_AT_ONCE = 500

/** A difference in wire form, without compression: a fifth of what its records take. */
export async function encodeDifference(difference: Difference): Promise<Uint8Array> {
  let most = 0
  // a name has one octet more than its text, or fewer where its text has escapes
  for (const { name, rdata } of recordsOfDifference(difference)) most += name.length + 11 + rdata.length
  const out = Buffer.allocUnsafeSlow(most)
  let at = 0
  let written = 0
  for (const record of recordsOfDifference(difference)) {
    at = writeRecordBody(record, out, writeName(record.name, out, at))
    if (++written % RECORDS_AT_ONCE === 0) await new Promise(setImmediate)
  }
  return out.subarray(0, at)
}
