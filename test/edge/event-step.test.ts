import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { readEventStep } from '../../services/edge/zones/event-step.ts'
import { UnreadablePayload } from '../../shared/events/binary.ts'
import { decodeEvent, encodeNotice, HASH_LENGTH } from '../../shared/events/event-codec.ts'
import { peekEvent } from '../../shared/events/peek-event.ts'
import { History } from './zones-support.ts'

const history = new History(7).change('', 'x A 192.0.2.2').refuse().remove()

describe('what an edge reads of an event', () => {
  it('is what the event says', () => {
    for (const { seq } of history.events) {
      const whole = decodeEvent(history.payload(seq))
      const { kind, decidedAt, serialAfter, diff, previousHash, hash } = whole
      const step = { seq, kind, decidedAt, serialAfter, diff, previousHash, hash }
      assert.deepEqual(readEventStep(history.payload(seq)), step)
      assert.deepEqual(peekEvent(history.payload(seq)), { zoneId: 7, seq, isNotice: false })
    }
  })

  it('is nothing where the event is cut, or an octet of it is another one', () => {
    const payload = history.payload(2)
    for (let at = 0; at < payload.length; at++) {
      const damaged = Uint8Array.from(payload)
      damaged[at]! ^= 0x20
      assert.throws(() => readEventStep(damaged), UnreadablePayload, `octet ${at}`)
      assert.throws(() => readEventStep(payload.subarray(0, at)), UnreadablePayload, `${at} octets`)
    }
  })

  it('is nothing where the hash is right but the fields are not', () => {
    const form = history.payload(2).subarray(0, -HASH_LENGTH)
    for (const wrong of [Buffer.concat([form, Buffer.alloc(1)]), form.subarray(0, -1)]) {
      const hash = createHash('sha256').update(wrong).digest()
      assert.throws(() => readEventStep(Buffer.concat([wrong, hash])), UnreadablePayload)
    }
  })

  it('of a notice is which event there is', () => {
    const notice = encodeNotice({ zoneId: 7, seq: 9 })
    assert.deepEqual(peekEvent(notice), { zoneId: 7, seq: 9, isNotice: true })
    assert.throws(() => readEventStep(notice), UnreadablePayload)
  })
})
