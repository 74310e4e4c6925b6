import { type ResourceRecord, recordToWire } from '../../../../shared/dns/record.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { addDiffPart, type Half, openDiffParts } from '../../store/diff-parts.ts'

const MEBIBYTE = 1 << 20
/** Postgres hands out an octet string of up to 1 GB, which is twice as long as text. */
export const MOST_DIFF_OCTETS = 500 * MEBIBYTE

/** A difference sequence (shared/zone-diff.ts) as it grows: in memory while it is small, else in parts in the transaction. */
export class DiffBuilder {
  private readonly trx: DbTransaction
  private readonly mostHeld: number
  private readonly held: Record<Half, Uint8Array[]> = { removed: [], added: [] }
  private heldOctets = 0
  private parts = 0
  private octets = 0
  private readonly counts: Record<Half, number> = { removed: 0, added: 0 }

  constructor(trx: DbTransaction, mostHeld = MEBIBYTE) {
    this.trx = trx
    this.mostHeld = mostHeld
  }

  get removed(): number {
    return this.counts.removed
  }

  get added(): number {
    return this.counts.added
  }

  get size(): number {
    return this.octets
  }

  get isTooLarge(): boolean {
    return this.octets > MOST_DIFF_OCTETS
  }

  async push(half: Half, records: readonly ResourceRecord[]): Promise<void> {
    for (const record of records) this.hold(half, recordToWire(record))
    this.counts[half] += records.length
    if (this.heldOctets > this.mostHeld) await this.flush()
  }

  /** Puts the SOA records at the heads of the halves. Answers the whole diff, or undefined when it is in parts. */
  async finish(oldSoa: ResourceRecord | undefined, newSoa: ResourceRecord): Promise<Uint8Array | undefined> {
    const [before, after] = [oldSoa === undefined ? [] : [recordToWire(oldSoa)], [recordToWire(newSoa)]]
    const { removed, added } = this.held
    if (this.parts === 0) return Buffer.concat([...before, ...removed, ...after, ...added])
    await this.flush()
    await addDiffPart(this.trx, 'removed', 0, Buffer.concat(before))
    await addDiffPart(this.trx, 'added', 0, Buffer.concat(after))
    return undefined
  }

  private hold(half: Half, wire: Uint8Array): void {
    this.held[half].push(wire)
    this.heldOctets += wire.length
    this.octets += wire.length
  }

  private async flush(): Promise<void> {
    if (this.parts === 0) await openDiffParts(this.trx)
    this.parts++
    for (const half of ['removed', 'added'] as const) {
      const wires = this.held[half]
      if (wires.length === 0) continue
      this.held[half] = []
      await addDiffPart(this.trx, half, this.parts, Buffer.concat(wires))
    }
    this.heldOctets = 0
  }
}
