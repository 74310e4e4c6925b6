import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BinaryWriter, UnreadablePayload } from '../../shared/events/binary.ts'
import { decodeOutcomes, encodeOutcomes } from '../../shared/messaging/outcome-codec.ts'

describe('outcomes', () => {
  const outcome = { commandId: 'c', zoneId: 3, seq: 9, eventSeq: 7, rcode: 5, reason: 'denied', detail: 'd' }
  /** As a writer sent them before outcomes named their event. */
  const first = (version: number) =>
    new BinaryWriter()
      .byte(version)
      .uint32(1)
      .text('c')
      .uint64(3)
      .uint64(9)
      .uint32(5)
      .text('denied')
      .text('d')
      .finish()

  it('read as they were written, with the event that holds them', () =>
    assert.deepEqual(decodeOutcomes(encodeOutcomes([outcome, outcome])), [outcome, outcome]))

  it('of version 1 are read as well, and name no event', () =>
    assert.deepEqual(decodeOutcomes(first(1)), [{ ...outcome, eventSeq: 0 }]))

  it('of a version that is not known are refused', () =>
    assert.throws(() => decodeOutcomes(first(3)), UnreadablePayload))
})
