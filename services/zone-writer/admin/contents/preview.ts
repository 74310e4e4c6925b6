import { recordToText } from '../../../../shared/dns/zone-file-text.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { changedRRsets } from '../../store/changed-rrsets.ts'
import { type Change, soaRecord } from './compare.ts'
import { changeOfSet } from './merge.ts'

/** What a change takes away and puts in, a record a line, the SOA records first. `cut` says that there are more lines. */
export interface Preview {
  readonly removed: readonly string[]
  readonly added: readonly string[]
  readonly cut?: true
}

const MOST_LINES = 1_000

/** The beginning of a change that is kept in the transaction. To be called once, after the change was found. */
export async function previewOf(trx: DbTransaction, { oldSoa, newSoa, diff }: Change): Promise<Preview> {
  if (newSoa === undefined) return { removed: [], added: [] }
  const removed = oldSoa === undefined ? [] : [recordToText(soaRecord(oldSoa))]
  const added = [recordToText(soaRecord(newSoa))]
  for await (const { before, after } of changedRRsets(trx)) {
    const change = changeOfSet(before, after)
    removed.push(...change.removed.map(recordToText))
    added.push(...change.added.map(recordToText))
    if (removed.length >= MOST_LINES && added.length >= MOST_LINES) break
    removed.length = Math.min(removed.length, MOST_LINES)
    added.length = Math.min(added.length, MOST_LINES)
  }
  const isCut = diff.removed + 1 > MOST_LINES || diff.added + 1 > MOST_LINES
  const lines = { removed: removed.slice(0, MOST_LINES), added: added.slice(0, MOST_LINES) }
  return isCut ? { ...lines, cut: true } : lines
}
