import { encodeEvent, HASH_LENGTH, NO_HASH } from '../../../../shared/events/event-codec.ts'
import type { UnchainedEvent } from '../../../../shared/events/zone-event.ts'
import type { FormAroundDiff } from '../../store/diff-parts.ts'

const LENGTH_OCTETS = 4

/**
 * The canonical form of an event around its diff, for one whose diff is too large to be held: the diff, with its length before
 * it, stands right before the previous hash. Its hash is SHA-256 over all of it, as `chainEvent` makes it.
 */
export function formAroundDiff(
  event: Omit<UnchainedEvent, 'diff'>,
  previousHash: Uint8Array,
): FormAroundDiff {
  const form = encodeEvent({ ...event, diff: new Uint8Array(), previousHash, hash: NO_HASH })
  const end = form.length - HASH_LENGTH
  const after = end - LENGTH_OCTETS - previousHash.length
  return { before: form.subarray(0, after - LENGTH_OCTETS), after: form.subarray(after, end) }
}
