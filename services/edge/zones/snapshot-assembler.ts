import { Class } from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { ownCopy } from '../../../shared/dns/octets.ts'
import { type ResourceRecord, type RRset, readRecords } from '../../../shared/dns/record.ts'
import { UnreadablePayload } from '../../../shared/events/binary.ts'
import type { SnapshotPart, ZoneHead } from '../../../shared/messaging/zone-service.ts'
import { CachedZone } from './cached-zone.ts'

/**
 * Builds a zone from the parts of a snapshot as they come. Throws for a part that is missing, out of turn, of another state, or
 * whose records are no part of the zone.
 */
export class SnapshotAssembler {
  private readonly zoneId: number
  private readonly apex: Name
  private zone: CachedZone | undefined
  private nextNumber = 0
  /** A set may go on in the next part. */
  private open: { name: RRset['name']; type: number; ttl: number; rdata: Uint8Array[] } | undefined

  constructor(zoneId: number, apex: Name) {
    this.zoneId = zoneId
    this.apex = apex
  }

  /** Of memory, so far. */
  get octets(): number {
    return this.zone?.octets ?? 0
  }

  /** The zone once the last part is in. */
  push(part: SnapshotPart): CachedZone | undefined {
    if (part.zoneId !== this.zoneId)
      throw new UnreadablePayload(`a part of zone ${part.zoneId}, not ${this.zoneId}`)
    if (part.number !== this.nextNumber)
      throw new UnreadablePayload(`part ${part.number} of the snapshot came when ${this.nextNumber} was due`)
    this.nextNumber++
    this.zone ??= new CachedZone(this.zoneId, this.apex, ownHead(part.head))
    if (!sameHead(part.head, this.zone.head))
      throw new UnreadablePayload('parts of a snapshot are of different states')
    this.zone.load(this.sets(part.records))
    if (part.total === 0) return undefined
    if (part.total !== this.nextNumber)
      throw new UnreadablePayload(`${this.nextNumber} parts came of ${part.total}`)
    if (this.open !== undefined) this.zone.load([this.open])
    return this.zone.complete()
  }

  private *sets(bytes: Uint8Array): Generator<RRset> {
    const records = readRecords(bytes)
    if (!records.ok) throw new UnreadablePayload(`records of a snapshot: ${records.reason}`)
    for (const record of records.value) {
      if (record.class !== Class.IN)
        throw new UnreadablePayload(`a record of class ${record.class} in a snapshot`)
      if (this.continues(record)) {
        this.open!.rdata.push(record.rdata)
        continue
      }
      if (this.open !== undefined) yield this.open
      this.open = { name: record.name, type: record.type, ttl: record.ttl, rdata: [record.rdata] }
    }
  }

  private continues(record: ResourceRecord): boolean {
    return this.open?.type === record.type && this.open.name === record.name && this.open.ttl === record.ttl
  }
}

function ownHead({ seq, serial, hash }: ZoneHead): ZoneHead {
  return { seq, serial, hash: ownCopy(hash) }
}

function sameHead(a: ZoneHead, b: ZoneHead): boolean {
  return a.seq === b.seq && a.serial === b.serial && Buffer.compare(a.hash, b.hash) === 0
}
