import { ownCopy } from '../../../shared/dns/octets.ts'

/**
 * Events that came before their turn, as payloads by sequence number. Bounded: what does not fit is forgotten, and fetched
 * from a writer when its turn comes.
 */
export class EarlyEvents {
  private readonly payloads = new Map<number, Uint8Array>()
  private octets = 0
  private readonly most: number
  private readonly mostOctets: number

  constructor(most: number, mostOctets: number) {
    this.most = most
    this.mostOctets = mostOctets
  }

  keep(seq: number, payload: Uint8Array): void {
    if (this.payloads.has(seq)) return
    if (this.payloads.size >= this.most || this.octets + payload.length > this.mostOctets) return
    // a copy: it came as a view of a larger buffer
    this.payloads.set(seq, ownCopy(payload))
    this.octets += payload.length
  }

  /** Removes and returns the event with that number. */
  take(seq: number): Uint8Array | undefined {
    const payload = this.payloads.get(seq)
    if (payload === undefined) return undefined
    this.payloads.delete(seq)
    this.octets -= payload.length
    return payload
  }

  forgetUpTo(seq: number): void {
    for (const known of this.payloads.keys()) if (known <= seq) this.take(known)
  }

  clear(): void {
    this.payloads.clear()
    this.octets = 0
  }
}
