import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FrameReader, frame } from '../../shared/dns/frame-reader.ts'

function feed(pieces: Iterable<Uint8Array>): { messages: Buffer[]; inside: boolean } {
  const reader = new FrameReader()
  const messages: Buffer[] = []
  for (const piece of pieces) {
    reader.push(piece)
    for (let message = reader.next(); message !== undefined; message = reader.next())
      messages.push(Buffer.from(message))
  }
  return { messages, inside: reader.inside }
}

function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let at = 0
  for (const size of sizes) {
    yield bytes.subarray(at, at + size)
    at += size
  }
  yield bytes.subarray(at)
}

const MESSAGES = [Buffer.from('first'), Buffer.alloc(0), Buffer.alloc(65_535, 7), Buffer.from('last')]
const STREAM = Buffer.concat(MESSAGES.map(frame))

describe('RFC 1035 §4.2.2, RFC 7766 §8: two octets of length before each message', () => {
  it('several messages in one piece', () =>
    assert.deepEqual(feed([STREAM]), { messages: MESSAGES, inside: false }))
  it('one octet at a time', () =>
    assert.deepEqual(feed(cut(STREAM, new Array(STREAM.length).fill(1))), {
      messages: MESSAGES,
      inside: false,
    }))
  it('any pieces', () =>
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.array(fc.nat(50)), (messages, sizes) => {
        const stream = Buffer.concat(messages.map(frame))
        assert.deepEqual(
          feed(cut(stream, sizes)).messages,
          messages.map((message) => Buffer.from(message)),
        )
      }),
    ))
  it('knows when the stream ends inside a message', () => {
    for (let end = 1; end < frame(MESSAGES[0]!).length; end++)
      assert.deepEqual(feed([frame(MESSAGES[0]!).subarray(0, end)]), { messages: [], inside: true })
  })
  it('messages are taken one by one, whatever is pushed between', () => {
    const reader = new FrameReader()
    reader.push(STREAM.subarray(0, 20))
    assert.deepEqual(Buffer.from(reader.next()!), MESSAGES[0])
    reader.push(STREAM.subarray(20))
    assert.deepEqual(
      [reader.next(), reader.next(), reader.next()].map((message) => Buffer.from(message!)),
      MESSAGES.slice(1),
    )
  })
})
