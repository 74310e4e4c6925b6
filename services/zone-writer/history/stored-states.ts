import type { DbTransaction } from '../store/admin-zones.ts'
import { snapshotBefore, snapshotParts } from '../store/history-snapshots.ts'
import { type StoredState, statesBetween } from '../store/history-states.ts'
import { isWithin, keysBelow, type OwnerRange } from './owner-key.ts'
import { decodePart } from './snapshot-part.ts'

const EVERYTHING = keysBelow(Buffer.alloc(0))

/**
 * The states of a zone's RRsets after event `seq`, in the order of owner and type, gone ones included: the snapshot before it with
 * what changed since laid over. A few thousand are here at a time. The index must have reached `seq`.
 */
export async function* storedStates(
  trx: DbTransaction,
  zoneId: number,
  seq: number,
  range: OwnerRange = EVERYTHING,
): AsyncGenerator<StoredState> {
  const after = await snapshotBefore(trx, zoneId, seq)
  const base = after === 0 ? nothing() : fromSnapshot(trx, zoneId, after, range)
  const over = flat(statesBetween(trx, zoneId, { after, upTo: seq }, range))
  yield* overlaid(base, over)
}

async function* nothing(): AsyncGenerator<StoredState> {}

async function* fromSnapshot(
  trx: DbTransaction,
  zoneId: number,
  seq: number,
  range: OwnerRange,
): AsyncGenerator<StoredState> {
  for await (const octets of snapshotParts(trx, zoneId, seq)) {
    const states = await decodePart(octets)
    if (range === EVERYTHING) {
      yield* states
      continue
    }
    for (const state of states) if (isWithin(state.owner, range)) yield state
    const last = states.at(-1)
    if (last !== undefined && range.beyond !== undefined && Buffer.compare(last.owner, range.beyond) >= 0)
      return
  }
}

async function* flat<T>(pages: AsyncGenerator<readonly T[]>): AsyncGenerator<T> {
  for await (const page of pages) yield* page
}

/** Both in order; of two for one RRset that of `over`. */
async function* overlaid(
  base: AsyncGenerator<StoredState>,
  over: AsyncGenerator<StoredState>,
): AsyncGenerator<StoredState> {
  let [below, above] = [await base.next(), await over.next()]
  while (!below.done || !above.done) {
    const order = below.done ? 1 : above.done ? -1 : compare(below.value, above.value)
    if (order < 0) yield below.value
    else yield above.value
    if (order <= 0) below = await base.next()
    if (order >= 0) above = await over.next()
  }
}

function compare(a: StoredState, b: StoredState): number {
  return Buffer.compare(a.owner, b.owner) || a.type - b.type
}
