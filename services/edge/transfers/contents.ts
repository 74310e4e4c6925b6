import { Type } from '../../../shared/dns/codes.ts'
import type { ResourceRecord, RRset } from '../../../shared/dns/record.ts'
import type { ZoneReading } from '../zones/cached-zone.ts'
import { recordsOf } from './message-packer.ts'
import { recordsIn, slicesOf } from './slices.ts'

/** The records of a transfer in their order, in groups that are made when they are asked for. */
export type TransferContents = Iterable<Iterable<ResourceRecord>> | AsyncIterable<Iterable<ResourceRecord>>

/** RFC 5936 §2.2: the SOA, everything else, the SOA. */
export function* wholeZone(
  { soa, rrsets }: ZoneReading,
  sets = rrsets(),
): Generator<Iterable<ResourceRecord>> {
  yield recordsOf(soa)
  yield allBut(sets, Type.SOA)
  yield recordsOf(soa)
}

/** RFC 1995 §4: the newest SOA, the difference sequence in wire form, the newest SOA. */
export function* oneDifference(soa: RRset, difference: Uint8Array): Generator<Iterable<ResourceRecord>> {
  yield recordsOf(soa)
  for (const slice of slicesOf(difference)) yield recordsIn(slice)
  yield recordsOf(soa)
}

/** The same for several that come in pieces from the writers. */
export async function* differences(
  soa: RRset,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Iterable<ResourceRecord>> {
  yield recordsOf(soa)
  for await (const piece of pieces) for (const slice of slicesOf(piece)) yield recordsIn(slice)
  yield recordsOf(soa)
}

function* allBut(rrsets: Iterable<RRset>, type: number): Generator<ResourceRecord> {
  for (const rrset of rrsets) if (rrset.type !== type) yield* recordsOf(rrset)
}
