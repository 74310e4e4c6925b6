import { Type } from '../../../../shared/dns/codes.ts'
import { canonicalName, type Name } from '../../../../shared/dns/name.ts'
import type { ResourceRecord, RRset } from '../../../../shared/dns/record.ts'
import { chainEvent } from '../../../../shared/events/event-codec.ts'
import type { UnchainedEvent } from '../../../../shared/events/zone-event.ts'
import { MOST_EXPORTED_OCTETS } from '../../history/export-file.ts'
import { encodeState } from '../../history/rrset-state.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { insertEventOfParts } from '../../store/diff-parts.ts'
import { insertEvents } from '../../store/events.ts'
import { foldedRRsets } from '../../store/folded-rrsets.ts'
import { soaRecord } from './compare.ts'
import { DiffBuilder } from './diff-builder.ts'
import { formAroundDiff } from './streamed-event.ts'

/** A whole zone as the diff of an event that begins contents anew. */
export interface SnapshotContents {
  readonly soa: RRset
  /** The whole difference sequence, or undefined when it is in parts in the transaction. */
  readonly diff: Uint8Array | undefined
}

/** What was folded as a difference sequence without an old SOA. Undefined when it is too large for one event that can be exported. */
export async function snapshotDiff(trx: DbTransaction, apex: Name): Promise<SnapshotContents | undefined> {
  const builder = new DiffBuilder(trx)
  let soa: RRset | undefined
  for await (const rrsets of foldedRRsets(trx)) {
    const others = rrsets.filter((set) => set.type !== Type.SOA || canonicalName(set.name) !== apex)
    soa ??= rrsets.find((set) => !others.includes(set))
    await builder.push('added', others.flatMap(recordsOf))
    if (builder.size > MOST_EXPORTED_OCTETS) return undefined
  }
  if (soa === undefined) throw new Error(`the history of ${apex} leaves no SOA`)
  return { soa, diff: await builder.finish(undefined, soaRecord(soa)) }
}

function recordsOf({ name, type, ttl, rdata }: RRset): ResourceRecord[] {
  return rdata.map((one) => ({ ...soaRecord({ name, type, ttl, rdata: [one] }), type }))
}

/** The SOA beside a diff that may be large, see history/index-events.ts. */
export function soaState({ name, ttl, rdata }: RRset, seq: number) {
  const records = rdata.map((one) => ({ rdata: one, setBy: seq, confirmedBy: seq }))
  return {
    owner: Buffer.alloc(0),
    type: Type.SOA,
    seq,
    state: encodeState({ name, type: Type.SOA, ttl, records }),
  }
}

/** Appends a snapshot that carries over the hash of the last event it stands for. Answers its own hash; in the chain it has that of the last event that it stands for. */
export async function insertSnapshot(
  trx: DbTransaction,
  event: Omit<UnchainedEvent, 'diff'>,
  diff: Uint8Array | undefined,
  carried: Uint8Array,
): Promise<Uint8Array> {
  if (diff === undefined)
    return await insertEventOfParts(trx, { ...event, previousHash: carried }, formAroundDiff(event, carried))
  const chained = chainEvent({ ...event, diff }, carried)
  await insertEvents(trx, [chained])
  return chained.hash
}
